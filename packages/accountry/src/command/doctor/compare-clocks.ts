import type { ClockComparison } from './finding.ts'

export interface CompareClocksOptions {
  readonly signal: AbortSignal
  readonly fetch?: typeof fetch
  readonly now?: () => number
  /** For each service. Default 3 000. */
  readonly timeoutMs?: number
}

const MAX_SERVICES = 5

/**
 * Compares this machine's clock with the `Date` header of services. Nothing about any account is sent, no redirect is
 * followed, and a service that does not answer says nothing about the clock.
 */
export async function compareClocks(
  issuers: readonly string[],
  options: CompareClocksOptions,
): Promise<ClockComparison[]> {
  const urls = issuers.map((issuer) => URL.parse(issuer)).filter((url) => url !== null)
  const web = urls.filter(({ protocol }) => protocol === 'https:' || protocol === 'http:')
  const answers = await Promise.all(web.slice(0, MAX_SERVICES).map((url) => compareWith(url, options)))
  return answers.filter((answer) => answer !== undefined)
}

async function compareWith(url: URL, options: CompareClocksOptions): Promise<ClockComparison | undefined> {
  const { signal, fetch = globalThis.fetch, now = Date.now, timeoutMs = 3000 } = options
  try {
    const before = now()
    const limits = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const response = await fetch(url.origin, { method: 'HEAD', redirect: 'manual', signal: limits })
    const middle = (before + now()) / 2
    const date = Date.parse(response.headers.get('date') ?? '')
    // The header has whole seconds, cut off: on average the answer is half a second younger than it says.
    return Number.isNaN(date) ? undefined : { host: url.host, skewMs: Math.round(middle - (date + 500)) }
  } catch {
    return undefined
  }
}
