/**
 * How far a request got that was not answered.
 *
 * - `not-sent`: provably never left this machine, so nothing was used up;
 * - `tls`: the secure channel could not be made, so nothing was sent either;
 * - `ambiguous`: the server may have acted on it.
 */
export type TransportFailureKind = 'not-sent' | 'tls' | 'ambiguous'

const NOT_SENT: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ECONNREFUSED',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
])

const TLS_CODE =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|CRL_|PATH_LENGTH_EXCEEDED|EPROTO$)/

/** How deep causes are followed; undici nests two levels, proxies one more. */
const MAX_DEPTH = 5

/**
 * Classifies what `fetch` threw by codes alone: messages and fields of foreign errors may hold tokens.
 *
 * A connection attempt to several addresses counts as not sent only if every one of them failed before sending.
 * What is not known is ambiguous: believing that a used refresh token is unused costs the account.
 */
export function transportFailure(error: unknown): { failure: TransportFailureKind; code?: string } {
  const codes = [...codesOf(error, MAX_DEPTH)]
  const tls = codes.find((code) => TLS_CODE.test(code))
  if (tls !== undefined) return { failure: 'tls', code: tls }
  const [first] = codes
  if (first === undefined) return { failure: 'ambiguous' }
  const notSent = codes.every((code) => NOT_SENT.has(code))
  return { failure: notSent ? 'not-sent' : 'ambiguous', code: first }
}

function* codesOf(error: unknown, depth: number): Generator<string> {
  if (typeof error !== 'object' || error === null || depth === 0) return
  const { code, cause, errors, message } = error as {
    code?: unknown
    cause?: unknown
    errors?: unknown
    message?: unknown
  }
  // undici reports a proxy that refuses the tunnel as an abort; nothing went through it (RFC 9110 §9.3.6).
  if (typeof message === 'string' && message.startsWith('Proxy response (')) yield 'ECONNREFUSED'
  else if (typeof code === 'string' && /^\w{1,64}$/.test(code)) yield code
  if (Array.isArray(errors)) for (const each of errors) yield* codesOf(each, depth - 1)
  yield* codesOf(cause, depth - 1)
}
