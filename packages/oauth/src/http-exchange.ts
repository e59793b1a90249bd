import { AccountError, type AuthenticatorContext, isAccountError } from '@accountry/accounts'
import { type TransportFailureKind, transportFailure } from './transport-failure.ts'

/** What an exchange needs of its surroundings. */
export type ExchangeContext = Pick<AuthenticatorContext, 'fetch' | 'clock' | 'signal'>

/** One request to a server of the account's service. */
export interface ExchangeRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | string | undefined
  /** From the call to the last byte, in milliseconds. */
  readonly timeoutMs: number
  /** Cap on the decoded body. */
  readonly maxBytes: number
}

/** The server answered, whatever it said; the body has been read to its end. */
export interface Answer {
  readonly kind: 'answer'
  readonly host: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Wall clock when the request started, epoch milliseconds. */
  readonly requestedAt: number
  /** Wall clock when the headers had arrived, epoch milliseconds. */
  readonly receivedAt: number
}

/** No complete answer arrived. */
export interface NoAnswer {
  readonly kind: 'no-answer'
  readonly host: string
  readonly failure: TransportFailureKind
  /** The system's or undici's code, e.g. `ECONNREFUSED`. */
  readonly code?: string | undefined
}

/**
 * Sends one request and reads its answer within limits: no redirects are followed, nothing is repeated.
 *
 * A redirect would carry the refresh token in the body to another origin (docs/requirements.md TK-01), and a repeated POST
 * would use a single-use code or token twice (TK-02).
 *
 * @throws AccountError `ERR_ABORTED`, or the reason of `context.signal`, when that was aborted. Everything else that
 *   can happen is a value.
 */
export async function exchange(context: ExchangeContext, request: ExchangeRequest): Promise<Answer | NoAnswer> {
  const { host } = request.url
  // Whoever is on the way could read the credential, so nothing is sent.
  if (request.url.protocol === 'https:' && process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    return { kind: 'no-answer', host, failure: 'tls', code: 'NODE_TLS_REJECT_UNAUTHORIZED=0' }
  }
  const deadline = new AbortController()
  const cancelTimer = context.clock.setTimer(() => deadline.abort(), request.timeoutMs)
  const requestedAt = context.clock.now()
  try {
    const response = await context.fetch(request.url.href, {
      method: request.method,
      redirect: 'manual',
      signal: AbortSignal.any([context.signal, deadline.signal]),
      headers: { accept: 'application/json', ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
    })
    const receivedAt = context.clock.now()
    const text = await readBody(response, request.maxBytes)
    if (text === undefined) return { kind: 'no-answer', host, failure: 'ambiguous', code: 'BODY_TOO_LARGE' }
    return { kind: 'answer', host, status: response.status, headers: response.headers, text, requestedAt, receivedAt }
  } catch (error) {
    if (context.signal.aborted) throw abortReason(context.signal)
    if (deadline.signal.aborted) return { kind: 'no-answer', host, failure: 'ambiguous', code: 'TIMEOUT' }
    return { kind: 'no-answer', host, ...transportFailure(error) }
  } finally {
    cancelTimer()
  }
}

/** The error with which a call ends whose signal was aborted. */
export function abortReason(signal: AbortSignal): AccountError {
  if (isAccountError(signal.reason)) return signal.reason
  return new AccountError('ERR_ABORTED', 'The call was aborted before it was done', { reason: 'caller' })
}

/** Reads the body as UTF-8; `undefined` when it is longer than `maxBytes`, of which no more was read. */
async function readBody(response: Response, maxBytes: number): Promise<string | undefined> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let length = 0
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > maxBytes) {
      // Not awaited: a server that never ends its body must not hold us any longer.
      reader.cancel().catch(() => undefined)
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
