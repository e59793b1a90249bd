import { AccountError } from '@accountry/accounts'

/** One request on the way to the final answer. */
export interface Hop {
  readonly url: URL
  readonly method: string
  /** The caller's headers, without those of the token. */
  readonly headers: Headers
  readonly body: unknown
  /** Whether the token goes along. Once dropped it does not come back. */
  readonly authorized: boolean
}

export interface RedirectPolicy {
  /** Send the body of a 307 or 308 again to another origin. */
  readonly resendBodyAcrossOrigins: boolean
  readonly isReplayable: (body: unknown) => boolean
}

/** As RFC 9110 advises, far above what an API needs. */
export const MAX_REDIRECTS = 5

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

// A list of secrets would miss the service's own (`x-api-key` and its many siblings), so this lists what is harmless.
const KEPT_ACROSS_ORIGINS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'range',
  'user-agent',
])

const OF_THE_BODY = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type']

/** Whether an answer with a `Location` sends the client on; 300 and 304 do not. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status)
}

/**
 * Decides what follows a redirect. Pure.
 *
 * Same origin (scheme, host and port): the token and all headers go along. Another origin: the token and every header
 * that is not known to be harmless are dropped, and a body is not sent again. Method and body change as the Fetch
 * standard says: 303, and 301 or 302 after POST, become GET without a body.
 *
 * @throws {@link AccountError} `ERR_ORIGIN_NOT_ALLOWED` (`redirect`) for a way that would give something away:
 *   https to http, a URL with credentials, another scheme, a body to another origin. `ERR_NOT_REPLAYABLE` when the
 *   body would have to be sent again and cannot. `ERR_INVALID_RESPONSE` (`redirect`) for a `Location` that is no URL.
 */
export function nextHop(hop: Hop, status: number, location: string, policy: RedirectPolicy): Hop {
  const url = checkedTarget(hop.url, location)
  const sameOrigin = url.origin === hop.url.origin
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST'
  const headers = new Headers([...hop.headers].filter(([name]) => sameOrigin || KEPT_ACROSS_ORIGINS.has(name)))
  const next = { url, headers, authorized: hop.authorized && sameOrigin }
  if (!becomesGet) {
    if (hasBody(hop.body)) checkBodyMayFollow(hop, url, policy)
    return { ...next, method: hop.method, body: hop.body }
  }
  for (const name of OF_THE_BODY) headers.delete(name)
  return { ...next, method: 'GET', body: undefined }
}

function checkedTarget(from: URL, location: string): URL {
  const url = URL.parse(location, from.href)
  if (url === null) {
    throw new AccountError('ERR_INVALID_RESPONSE', `${from.origin} redirects to something that is not a URL`, {
      reason: 'redirect',
    })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refused(from, url, 'only http and https are followed')
  if (from.protocol === 'https:' && url.protocol === 'http:') throw refused(from, url, 'https never becomes http')
  if (url.username !== '' || url.password !== '') throw refused(from, url, 'the target carries a user name or password')
  return url
}

function checkBodyMayFollow(hop: Hop, url: URL, policy: RedirectPolicy): void {
  if (url.origin !== hop.url.origin && !policy.resendBodyAcrossOrigins) {
    throw refused(hop.url, url, 'a request body is not sent again to another origin')
  }
  assertReplayable(hop, 'the server redirects it', policy.isReplayable)
}

/** @throws {@link AccountError} `ERR_NOT_REPLAYABLE` when the body was a stream, which is used up now. */
export function assertReplayable(hop: Hop, why: string, isReplayable: (body: unknown) => boolean): void {
  if (!hasBody(hop.body) || isReplayable(hop.body)) return
  throw new AccountError(
    'ERR_NOT_REPLAYABLE',
    `The ${hop.method} request to ${hop.url.origin} would have to be sent again because ${why}, but its body is a \
stream that was used up. Send it again from the start, or give the body as a string, bytes, Blob or FormData`,
  )
}

/**
 * Whether a body can be sent again from the start: a stream and an async iterable are gone once they were sent. The
 * package `form-data` is a stream, the standard FormData is not.
 */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true
  const { pipe, getReader } = body as { pipe?: unknown; getReader?: unknown }
  return typeof pipe !== 'function' && typeof getReader !== 'function' && !(Symbol.asyncIterator in body)
}

function hasBody(body: unknown): boolean {
  return body !== undefined && body !== null
}

function refused(from: URL, to: URL, why: string): AccountError {
  const target = to.origin === 'null' ? to.protocol : to.origin
  return new AccountError('ERR_ORIGIN_NOT_ALLOWED', `${from.origin} redirects to ${target}, which is refused: ${why}`, {
    reason: 'redirect',
  })
}
