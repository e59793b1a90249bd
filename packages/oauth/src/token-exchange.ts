import { AccountError, type IssuedToken } from '@accountry/accounts'
import { failureError } from './failure-error.ts'
import type { TokenExchange } from './options.ts'
import { type ServerCall, sceneOf, shownSubject } from './server-call.ts'
import type { TokenPurpose } from './token-purpose.ts'
import { requestGrant } from './token-request.ts'
import { readTokenResponse } from './token-response.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:'

/** The purpose for which the token is requested that will be exchanged. */
export function subjectPurpose(purpose: TokenPurpose, exchange: TokenExchange): TokenPurpose {
  return {
    name: purpose.name,
    scopes: exchange.subjectScopes ?? [],
    resource: [],
    kind: exchange.subjectToken === 'id_token' ? 'id_token' : 'access',
  }
}

/**
 * Exchanges a token of the account for one of another audience (RFC 8693).
 *
 * The subject token goes to the server that issued it, or to the one that the app named; never to one that somebody
 * else named. Nothing of the account is used up by it, so a lost answer here is a plain failure.
 *
 * @throws AccountError with the classes of a failed token request; `ERR_INVALID_RESPONSE` without `issued_token_type`.
 */
export async function exchangeForPurpose(
  call: ServerCall,
  subject: IssuedToken,
  purpose: TokenPurpose,
  exchange: TokenExchange,
): Promise<IssuedToken> {
  const { account } = call
  const outcome = await requestGrant(call, {
    type: GRANT,
    endpoint: exchange.endpoint,
    parameters: exchangeParameters(subject, purpose, exchange),
  })
  if (outcome.kind === 'failure') {
    const { failure } = outcome
    const settled =
      failure.class === 'ambiguous'
        ? ({ ...failure, class: 'server', reason: 'server' } as const)
        : failure.class === 'grant-dead'
          ? ({ ...failure, class: 'request', reason: undefined } as const)
          : failure
    const { reason, ...rest } = settled
    throw failureError({ ...rest, ...(reason !== undefined && { reason }) }, sceneOf(call, 'exchanging the token'))
  }
  const { accessToken, tokenType, expiresInS, issuedTokenType, scopes } = readTokenResponse(outcome.members)
  // `N_A` means "this is no access token", which is right for an exchange and for nothing else (RFC 8693 §2.2.1).
  if (accessToken === undefined || tokenType === undefined || tokenType === 'DPoP' || issuedTokenType === undefined) {
    const message = `${shownSubject(call)}: the answer to the token exchange cannot be used`
    throw new AccountError('ERR_INVALID_RESPONSE', message, { account })
  }
  return {
    value: accessToken,
    scheme: tokenType,
    scopes: scopes ?? purpose.scopes,
    ...(expiresInS !== undefined && { expiresAt: Math.floor(outcome.requestedAt + expiresInS * 1000) }),
  }
}

function exchangeParameters(subject: IssuedToken, purpose: TokenPurpose, exchange: TokenExchange): URLSearchParams {
  const parameters = new URLSearchParams([
    ['subject_token', subject.value],
    ['subject_token_type', `${TOKEN_TYPE}${exchange.subjectToken ?? 'access_token'}`],
  ])
  if (exchange.audience !== undefined) parameters.set('audience', exchange.audience)
  if (exchange.requestedTokenType !== undefined) parameters.set('requested_token_type', exchange.requestedTokenType)
  if (purpose.scopes.length > 0) parameters.set('scope', purpose.scopes.join(' '))
  for (const resource of purpose.resource) parameters.append('resource', resource)
  return parameters
}
