import { AccountError, type Clock, isAccountError } from '@accountry/accounts'
import { classify, type Failure } from './classify.ts'
import { type FailureScene, failureError } from './failure-error.ts'
import { type ExchangeContext, exchange } from './http-exchange.ts'
import { type ExpectedIssuer, isMetadataIssuer } from './issuer.ts'
import type { RememberedMetadata } from './remembered-metadata.ts'
import { readServerMetadata, type ServerMetadata } from './server-metadata.ts'
import { startStopwatch } from './stopwatch.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 1024 * 1024
/** How long a document is believed without asking again. */
const FRESH_MS = 3_600_000
/** How long the last good document serves while the server cannot be asked. */
const STALE_MS = 24 * 3_600_000

/** Finds and remembers what an issuer says about itself. */
export interface Discovery {
  /**
   * The issuer's metadata: from memory for an hour, then asked for again; when the server gives none, the last good
   * document serves for 24 hours.
   *
   * @param remembered A document from before this process started.
   * @throws AccountError `ERR_MISCONFIGURED` (`issuer_mismatch`) when the document names another issuer or unsafe
   *   endpoints, `ERR_NETWORK`, `ERR_TLS`, `ERR_THROTTLED` or `ERR_SERVER` when there is no document.
   */
  find(context: ExchangeContext, scene: FailureScene, remembered?: RememberedMetadata): Promise<RememberedMetadata>
}

/** A discovery that asks nobody, for a service whose endpoints are written down. */
export function fixedMetadata(metadata: ServerMetadata): Discovery {
  return { find: (context) => Promise.resolve({ metadata, at: context.clock.now() }) }
}

interface KnownMetadata extends RememberedMetadata {
  readonly ageMs: () => number
}

/**
 * Discovers the metadata of an issuer (OpenID Connect Discovery §4, RFC 8414 §3).
 *
 * The issuer is compared by identity: a trailing slash or another letter case is another issuer (docs/requirements.md DS-01).
 */
export function discoverMetadata(expected: ExpectedIssuer): Discovery {
  let known: KnownMetadata | undefined
  let asking: Promise<ServerMetadata | Failure> | undefined

  /** Callers of one moment share a request; one whose own patience has not ended asks anew when a sibling's did. */
  const ask = async (context: ExchangeContext, scene: FailureScene): Promise<ServerMetadata | Failure> => {
    for (;;) {
      const joined = asking
      asking ??= fetchMetadata(expected, context, scene).finally(() => {
        asking = undefined
      })
      try {
        return await asking
      } catch (error) {
        const isOthers = joined !== undefined && isAccountError(error) && error.code === 'ERR_ABORTED'
        if (!isOthers || context.signal.aborted) throw error
      }
    }
  }

  return {
    async find(context, scene, remembered) {
      // A recalled document is only part of one: it serves its caller, and never a sign-in that needs the rest.
      const usable = youngest(known, recalled(remembered, expected, context.clock))
      if (usable !== undefined && usable.ageMs() < FRESH_MS) return usable
      const found = await ask(context, scene)
      if ('issuer' in found) {
        known = { metadata: found, at: context.clock.now(), ageMs: startStopwatch(context.clock) }
        return known
      }
      if (usable === undefined || usable.ageMs() >= STALE_MS) throw discoveryError(found, scene)
      return usable
    },
  }
}

/** A document of another issuer, or from the future, is none. */
function recalled(
  remembered: RememberedMetadata | undefined,
  expected: ExpectedIssuer,
  clock: Clock,
): KnownMetadata | undefined {
  if (remembered === undefined || !isMetadataIssuer(remembered.metadata.issuer, expected)) return undefined
  const elapsedMs = startStopwatch(clock)
  const startMs = clock.now() - remembered.at
  return startMs < 0 ? undefined : { ...remembered, ageMs: () => startMs + elapsedMs() }
}

function youngest(a: KnownMetadata | undefined, b: KnownMetadata | undefined): KnownMetadata | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return b.ageMs() < a.ageMs() ? b : a
}

/**
 * The well-known addresses of an issuer, in the order in which they are tried. OpenID's comes first, because nearly
 * every service has it.
 */
export function metadataUrls(issuer: string): URL[] {
  const url = new URL(issuer)
  const path = url.pathname.replace(/\/+$/, '')
  const at = (pathname: string): URL => new URL(pathname, url.origin)
  const appended = at(`${path}/.well-known/openid-configuration`)
  const oauth = at(`/.well-known/oauth-authorization-server${path}`)
  return path === '' ? [appended, oauth] : [appended, oauth, at(`/.well-known/openid-configuration${path}`)]
}

async function fetchMetadata(
  expected: ExpectedIssuer,
  context: ExchangeContext,
  scene: FailureScene,
): Promise<ServerMetadata | Failure> {
  let failure: Failure | undefined
  for (const url of metadataUrls(expected.issuer)) {
    const result = await exchange(context, { url, method: 'GET', timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })
    const outcome = classify(result, {}, context.clock.now())
    if (outcome.kind === 'success') return checkedMetadata(outcome.members, expected, scene)
    // The first answer that is not "no such page" says more than the ones after it.
    if (failure === undefined || failure.status === 404) failure = outcome.failure
    if (result.kind === 'no-answer') break
  }
  if (failure === undefined) throw new TypeError('no metadata address')
  return failure
}

/** A mismatch stops the search: another document must not be able to "repair" it (docs/requirements.md DS-02). */
function checkedMetadata(
  document: Readonly<Record<string, unknown>>,
  expected: ExpectedIssuer,
  scene: FailureScene,
): ServerMetadata {
  const metadata = readServerMetadata(document)
  const { host } = new URL(expected.issuer)
  if (typeof metadata === 'string') {
    throw new AccountError('ERR_MISCONFIGURED', `${scene.label}: the metadata of ${host} ${metadata}`, {
      account: scene.account,
    })
  }
  if (isMetadataIssuer(metadata.issuer, expected)) return metadata
  throw new AccountError(
    'ERR_MISCONFIGURED',
    `${scene.label}: the metadata of ${host} names another issuer (on ${new URL(metadata.issuer).host}). ` +
      'The `issuer` option must be exactly what the server calls itself.',
    { reason: 'issuer_mismatch', account: scene.account },
  )
}

/** No credential was sent, so a broken connection is never ambiguous here. */
function discoveryError(failure: Failure, scene: FailureScene): AccountError {
  const looking = { ...scene, doing: 'looking up the server' }
  if (failure.class === 'ambiguous') {
    const reason = failure.status === undefined ? 'offline' : 'server'
    return failureError({ ...failure, class: reason, reason }, looking)
  }
  const { status, host } = failure
  const isNotFound = status === 404 || status === 410
  return failureError(isNotFound ? { class: 'misconfigured', host, status } : failure, looking)
}
