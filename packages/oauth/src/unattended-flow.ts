import { AccountError, type AuthenticatorContext, type IssuedToken, type NewAccount } from '@accountry/accounts'
import type { Failure } from './classify.ts'
import { storedFields } from './credential-fields.ts'
import type { DpopKey } from './dpop.ts'
import { newDpopKey } from './dpop-key.ts'
import { failureError } from './failure-error.ts'
import { usableToken } from './issued-token.ts'
import { bearerSubject, signBearerAssertion } from './jwt-bearer.ts'
import type { OAuthClient } from './oauth-client.ts'
import { beginCall, type ServerCall, sceneOf, shownSubject } from './server-call.ts'
import type { SignInRequest } from './sign-in.ts'
import type { TokenPurpose } from './token-purpose.ts'
import { missingScopes, purposeOf } from './token-purpose.ts'
import { requestGrant, type TokenGrant } from './token-request.ts'
import { readTokenResponse } from './token-response.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/**
 * Adds an account behind which there is no person: the client itself (RFC 6749 §4.4), or whoever a signed statement
 * names (RFC 7523). Its credential is the client's, so the account has no password.
 *
 * One token is requested, so that a wrong secret shows here and not later.
 */
export async function addUnattendedAccount(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
  authTokenType: string | undefined,
): Promise<NewAccount> {
  const { settings } = client
  const call = await beginCall(client, context, request.account, 'signing in')
  const [onlyType] = Object.keys(settings.tokenTypes ?? {})
  const name = authTokenType ?? onlyType
  const purpose =
    name === undefined || settings.tokenTypes === undefined
      ? { name: 'access', scopes: request.scopes, resource: request.resource, kind: 'access' as const }
      : purposeOf(settings, name)
  const dpopKey = await newDpopKey(call)
  const token = await grantWithoutPerson(call, purpose, dpopKey)
  const subject =
    settings.jwtBearer === undefined ? settings.clientId : bearerSubject(settings.jwtBearer, settings.clientId)
  return {
    name: request.nameHint ?? subject,
    issuer: settings.issuer,
    clientId: settings.clientId,
    subject,
    fields: storedFields({ tokenEndpoint: call.metadata.token_endpoint, dpopKey }),
    tokens: name === undefined || settings.tokenTypes === undefined ? {} : { [name]: token },
  }
}

/**
 * Requests a token in the name of the client.
 *
 * @throws AccountError; where a person would have to sign in again it is `ERR_MISCONFIGURED`: nobody can.
 */
export async function grantWithoutPerson(
  call: ServerCall,
  purpose: TokenPurpose,
  dpopKey: DpopKey | undefined,
): Promise<IssuedToken> {
  const outcome = await requestGrant(call, { ...(await grantFor(call, purpose)), dpopKey })
  if (outcome.kind === 'failure') {
    throw failureError(nobodyToAsk(outcome.failure), sceneOf(call, 'requesting a token'))
  }
  const response = readTokenResponse(outcome.members, call.client.settings.quirks)
  const { requestedAt } = outcome
  const token = usableToken(call, response, { requestedAt, scopes: purpose.scopes, isProven: dpopKey !== undefined })
  const missing = missingScopes(purpose.scopes, token.scopes, call.client.settings.quirks)
  if (missing.length === 0) return token
  throw new AccountError(
    'ERR_SCOPE_NOT_GRANTED',
    `${shownSubject(call)}: ${purpose.name} was granted less than it needs`,
    {
      account: call.account,
      action: 'contact-developer',
      challenge: { scopes: [...missing] },
    },
  )
}

async function grantFor({ client, context }: ServerCall, purpose: TokenPurpose): Promise<TokenGrant> {
  const { settings } = client
  const { jwtBearer, quirks } = settings
  const parameters = new URLSearchParams()
  if (purpose.scopes.length > 0 && jwtBearer?.scopeClaim !== true) {
    parameters.set('scope', purpose.scopes.join(quirks.requestScopeSeparator ?? ' '))
  }
  for (const resource of purpose.resource) parameters.append('resource', resource)
  if (jwtBearer === undefined) return { type: 'client_credentials', parameters }
  parameters.set('assertion', await signBearerAssertion(client, context, jwtBearer, purpose.scopes))
  return { type: JWT_BEARER, parameters }
}

function nobodyToAsk(failure: Failure): Failure {
  const { class: kind, host, status, error } = failure
  const isPersonal = kind === 'grant-dead' || kind === 'interaction' || kind === 'denied'
  return isPersonal ? { class: 'misconfigured', host, error, ...(status !== undefined && { status }) } : failure
}
