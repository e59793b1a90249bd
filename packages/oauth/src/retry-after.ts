const SHORTEST_MS = 1_000
const LONGEST_MS = 3_600_000

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or an HTTP date in any of its three forms.
 *
 * A date is measured against the server's own `Date` header when there is one, so that a wrong clock on this
 * machine changes nothing. The result lies between one second and one hour from `now`.
 *
 * @param now Wall clock of this machine, epoch milliseconds.
 * @returns Epoch milliseconds, or `undefined` when the header is absent or means nothing.
 */
export function retryAt(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  // Two headers, of the server and of a gateway before it, arrive as one list; the longer wait is right for both.
  const seconds = value.split(/\s*,\s*/)
  if (seconds.every((each) => /^\d+(\.\d+)?$/.test(each))) return inRange(Math.max(...seconds.map(Number)) * 1000, now)
  if (/^-\d/.test(value)) return inRange(0, now)
  const at = httpDate(value)
  if (at === undefined) return undefined
  return inRange(at - (serverDate(headers) ?? now), now)
}

/** The `interval` that some servers put beside `slow_down`, as an instant. */
export function retryAtInterval(seconds: unknown, now: number): number | undefined {
  const value = typeof seconds === 'string' && /^\d{1,6}$/.test(seconds) ? Number(seconds) : seconds
  return typeof value === 'number' && Number.isFinite(value) ? inRange(value * 1000, now) : undefined
}

/** When the server says it answered, epoch milliseconds; `undefined` when it does not say. */
export function serverDate(headers: Headers): number | undefined {
  const value = headers.get('date')
  return value === null ? undefined : httpDate(value)
}

function httpDate(value: string): number | undefined {
  // Date.parse accepts far more than HTTP dates, also "1"; every HTTP date begins with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/i.test(value)) return undefined
  // asctime() carries no zone, and RFC 9110 says it means UTC.
  const at = Date.parse(/GMT|UTC|[+-]\d{4}$/.test(value) ? value : `${value} GMT`)
  return Number.isNaN(at) ? undefined : at
}

function inRange(delayMs: number, now: number): number {
  return now + Math.min(Math.max(delayMs, SHORTEST_MS), LONGEST_MS)
}
