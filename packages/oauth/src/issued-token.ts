import { AccountError, type IssuedToken } from '@accountry/accounts'
import type { IdentityToken } from './id-token.ts'
import { type ServerCall, shownSubject } from './server-call.ts'
import type { TokenProblem, TokenResponse } from './token-response.ts'

/** The access token of an answer in the form in which it is stored and handed out. */
export interface UsableToken extends IssuedToken {
  readonly scheme: string
  readonly scopes: readonly string[]
}

export interface TokenRules {
  /** Wall clock when the request started: the lifetime may have begun then (docs/requirements.md TK-05). */
  readonly requestedAt: number
  /** What it may do, when the answer does not say. */
  readonly scopes: readonly string[]
  /** Whether the request carried a proof of possession. */
  readonly isProven: boolean
}

/**
 * Takes the access token out of an answer, if it can be used.
 *
 * @throws AccountError `ERR_UNSUPPORTED` (`unsupported_token_type`), `ERR_LIMIT_EXCEEDED` or `ERR_INVALID_RESPONSE`.
 */
export function usableToken(call: ServerCall, response: TokenResponse, rules: TokenRules): UsableToken {
  const { accessToken, tokenType, expiresInS } = response
  const { dpop, quirks } = call.client.settings
  // A bound token is worthless without its key, and an unbound one is not what `require` asked for (RFC 9449 §5).
  const isUnbound = tokenType === 'Bearer' && rules.isProven && dpop === 'require'
  if ((tokenType !== 'Bearer' && tokenType !== 'DPoP') || (tokenType === 'DPoP' && !rules.isProven) || isUnbound) {
    const message = `${shownSubject(call)}: the server issued a kind of token that cannot be used. The credential is kept.`
    throw new AccountError('ERR_UNSUPPORTED', message, { reason: 'unsupported_token_type', account: call.account })
  }
  if (accessToken === undefined) throw unusable(call, response.problems)
  return {
    value: accessToken,
    scheme: tokenType === 'Bearer' ? (quirks.authorizationScheme ?? tokenType) : tokenType,
    scopes: response.scopes ?? rules.scopes,
    ...(expiresInS !== undefined && { expiresAt: Math.floor(rules.requestedAt + expiresInS * 1000) }),
  }
}

function unusable(call: ServerCall, problems: readonly TokenProblem[]): AccountError {
  const { account } = call
  if (problems.includes('access_token_too_large')) {
    const message = `${shownSubject(call)}: the access token is longer than 256 KiB`
    return new AccountError('ERR_LIMIT_EXCEEDED', message, { account })
  }
  const why = problems.includes('access_token_illegal') ? 'an access token that no header can carry' : 'no access token'
  return new AccountError('ERR_INVALID_RESPONSE', `${shownSubject(call)}: the server's answer holds ${why}`, {
    account,
  })
}

/** An ID token in the place of an access token; its end is converted to this machine's clock. */
export function identityAsToken(identity: IdentityToken, skewMs: number): IssuedToken {
  const expiresAt = Number(identity.claims['exp']) * 1000 - skewMs
  return { value: identity.value, scheme: 'Bearer', expiresAt: Math.floor(expiresAt), scopes: ['openid'] }
}
