import type { AuthToken } from '@accountry/accounts'
import { AccountError, isAccountError } from '@accountry/accounts'
import type { Authorization } from './authorization.ts'
import { parseChallenges } from './challenges.ts'
import { assertReplayable, type Hop, isRedirect, MAX_REDIRECTS, nextHop } from './redirects.ts'
import { judge } from './verdict.ts'

/** An HTTP client that sends one request and follows nothing by itself. */
export interface Transport<R> {
  send(hop: Hop, headers: Headers): Promise<R>
  statusOf(response: R): number
  headerOf(response: R, name: string): string | undefined
  /** Lets go of an answer that nobody will read, so that its connection is free again. */
  discard(response: R): Promise<void>
  isReplayable(body: unknown): boolean
}

export interface ExchangeOptions {
  /** At most {@link MAX_REDIRECTS}; 0 returns a redirect to the caller. */
  readonly maxRedirects: number
  readonly signal: AbortSignal | undefined
}

/** A server may ask for a nonce and then for a newer one; more often it is broken (RFC 9449 section 8). */
const MAX_NONCE_RETRIES = 2

/**
 * One authorised request from the caller's point of view: sends it, follows redirects, and repeats it where that helps.
 *
 * Each turn sends one request and reads one answer. A redirect leads to the next request. An answer that rejects the
 * token leads to the same request with another token, once; one that asks for a DPoP nonce leads to the same request
 * with it, twice at most. Everything else ends the exchange. After a redirect to another origin the answers say
 * nothing about the token, which did not go there, and end the exchange too.
 */
export async function exchange<R>(
  first: Hop,
  transport: Transport<R>,
  authorization: Authorization,
  options: ExchangeOptions,
): Promise<R> {
  const policy = {
    resendBodyAcrossOrigins: authorization.resendBodyAcrossOrigins,
    isReplayable: (body: unknown) => transport.isReplayable(body),
  }
  const attempt = new AuthorizedAttempt(transport, authorization, options.signal)
  let hop = first
  for (let redirects = 0; ; ) {
    const response = await attempt.send(hop)
    const status = transport.statusOf(response)
    const location = transport.headerOf(response, 'location')
    if (options.maxRedirects > 0 && location !== undefined && isRedirect(status)) {
      await transport.discard(response)
      redirects += 1
      if (redirects > options.maxRedirects) throw tooManyRedirects(first.url, options.maxRedirects)
      hop = nextHop(hop, status, location, policy)
    } else if (!hop.authorized || (await attempt.settles(hop, response))) {
      return response
    }
  }
}

/** Sends with the token at hand and decides what an answer means for it. */
class AuthorizedAttempt<R> {
  readonly #transport: Transport<R>
  readonly #authorization: Authorization
  readonly #signal: AbortSignal | undefined
  #token: AuthToken | undefined
  #tokenRetried = false
  #nonce: string | undefined
  #nonceRetries = 0

  constructor(transport: Transport<R>, authorization: Authorization, signal: AbortSignal | undefined) {
    this.#transport = transport
    this.#authorization = authorization
    this.#signal = signal
  }

  async send(hop: Hop): Promise<R> {
    if (!hop.authorized) return await this.#transport.send(hop, hop.headers)
    const token = this.#token ?? (await this.#getToken())
    const { method, url } = hop
    const nonce = this.#authorization.nonceFor(url)
    this.#token = token
    this.#nonce = nonce
    const headers = new Headers(hop.headers)
    const signed = await this.#authorization.headersFor(token, { method, url, nonce })
    for (const [name, value] of Object.entries(signed)) headers.set(name, value)
    return await this.#transport.send(hop, headers)
  }

  /** Whether `response` is the caller's; otherwise the same hop is to be sent again. */
  async settles(hop: Hop, response: R): Promise<boolean> {
    const { headerOf, statusOf } = this.#transport
    const token = this.#token
    if (token === undefined) return true
    this.#authorization.rememberNonce(hop.url, headerOf(response, 'dpop-nonce'))
    const challenges = parseChallenges(headerOf(response, 'www-authenticate'))
    // Compared with the nonce that this request used: one that a parallel request learned meanwhile is as good.
    const isNewNonce = this.#authorization.nonceFor(hop.url) !== this.#nonce
    const verdict = judge(statusOf(response), challenges, {
      nonce: isNewNonce && this.#nonceRetries < MAX_NONCE_RETRIES,
    })
    if (verdict.kind === 'accepted') return true
    if (verdict.kind === 'token-rejected' && this.#tokenRetried) {
      this.#authorization.announceRejected(token, hop.url, statusOf(response))
      return true
    }
    await this.#transport.discard(response)
    if (verdict.kind === 'step-up') throw this.#authorization.stepUpRequired(token, hop.url, verdict.challenge)
    if (verdict.kind === 'insufficient-scope') {
      throw this.#authorization.insufficientScope(token, hop.url, verdict.challenge)
    }
    if (verdict.kind === 'nonce-required') this.#nonceRetries += 1
    else await this.#renounce(token)
    assertReplayable(hop, 'the server rejected its token', this.#transport.isReplayable)
    return false
  }

  /** Who aborts a request gets the signal's reason, as from any HTTP client, also while it still waits for its token. */
  async #getToken(): Promise<AuthToken> {
    try {
      return await this.#authorization.getToken(this.#signal)
    } catch (error) {
      const isAborted = this.#signal?.aborted === true && isAccountError(error) && error.code === 'ERR_ABORTED'
      throw isAborted ? this.#signal?.reason : error
    }
  }

  /** Exactly this token is bad; where a newer one is stored already, the next question finds it without a refresh. */
  async #renounce(token: AuthToken): Promise<void> {
    this.#tokenRetried = true
    this.#token = undefined
    await this.#authorization.invalidate(token)
  }
}

function tooManyRedirects(from: URL, limit: number): AccountError {
  return new AccountError('ERR_LIMIT_EXCEEDED', `${from.origin} redirected more than ${limit} times`, {
    reason: 'redirect',
  })
}
