import { type Account, AccountError, type IssuedToken } from '@accountry/accounts'
import type { TokenProblem, TokenResponse } from './token-response.ts'

/** The access token of an answer in the form in which it is stored and handed out. */
export interface UsableToken extends IssuedToken {
  readonly scheme: 'Bearer' | 'DPoP'
}

/**
 * Takes the access token out of an answer, if it can be used.
 *
 * @param requestedAt Wall clock when the request started: the lifetime may have begun then (security.md TK-05).
 * @throws AccountError `ERR_UNSUPPORTED` (`unsupported_token_type`), `ERR_LIMIT_EXCEEDED` or `ERR_INVALID_RESPONSE`.
 */
export function usableToken(
  response: TokenResponse,
  requestedAt: number,
  scopes: readonly string[],
  subject: { readonly shown: string; readonly account?: Account | undefined },
): UsableToken {
  const { accessToken, tokenType, expiresInS } = response
  const { account } = subject
  if (tokenType !== 'Bearer' && tokenType !== 'DPoP') {
    const message = `${subject.shown}: the server issued a kind of token that cannot be used. The credential is kept.`
    throw new AccountError('ERR_UNSUPPORTED', message, { reason: 'unsupported_token_type', account })
  }
  if (accessToken === undefined) throw unusable(response.problems, subject)
  return {
    value: accessToken,
    scheme: tokenType,
    scopes,
    ...(expiresInS !== undefined && { expiresAt: Math.floor(requestedAt + expiresInS * 1000) }),
  }
}

function unusable(
  problems: readonly TokenProblem[],
  subject: { readonly shown: string; readonly account?: Account | undefined },
): AccountError {
  const { shown, account } = subject
  if (problems.includes('access_token_too_large')) {
    return new AccountError('ERR_LIMIT_EXCEEDED', `${shown}: the access token is longer than 256 KiB`, { account })
  }
  const why = problems.includes('access_token_illegal') ? 'an access token that no header can carry' : 'no access token'
  return new AccountError('ERR_INVALID_RESPONSE', `${shown}: the server's answer holds ${why}`, { account })
}
