import { AccountError, type CredentialContext, type GetAuthTokenRequest, type IssuedToken } from '@accountry/accounts'
import { checkAllowed } from './allowed-purpose.ts'
import { checkBinding } from './credential-binding.ts'
import { fieldsOf, numberIn } from './credential-fields.ts'
import { ownDpopKey } from './dpop-key.ts'
import { isUnattended } from './flows.ts'
import type { OAuthClient } from './oauth-client.ts'
import { refreshToken } from './refresh.ts'
import { recallMetadata } from './remembered-metadata.ts'
import { beginCall, type ServerCall } from './server-call.ts'
import { exchangeForPurpose, subjectPurpose } from './token-exchange.ts'
import { purposeOf, type TokenPurpose } from './token-purpose.ts'
import { grantWithoutPerson } from './unattended-flow.ts'
import { askWithPatience } from './unusable-answer.ts'

/**
 * Issues a token for an account, in the way in which the account was made.
 *
 * @throws AccountError by the table of docs/requirements.md; TypeError for a token type that is not declared.
 */
export async function getAuthToken(
  client: OAuthClient,
  request: GetAuthTokenRequest,
  context: CredentialContext,
): Promise<IssuedToken> {
  const { settings } = client
  const { account } = request
  const { credential } = context
  const purpose = purposeOf(settings, request.authTokenType)
  checkBinding(settings, account, credential)
  const hasPerson = !isUnattended(settings.flows)
  const { exchange } = purpose
  const first = exchange === undefined ? purpose : subjectPurpose(purpose, exchange)
  if (hasPerson && isAccessToken(client, context)) {
    const token = passwordAsToken(request, context, first)
    if (exchange === undefined) return token
    return await askWithPatience(context, { account, purpose }, async () => {
      const call = await begin(client, request, context)
      return await exchangeForPurpose(call, token, purpose, exchange)
    })
  }
  const { password } = credential
  if (hasPerson && (password === undefined || password === '')) throw noCredential(request)
  return await askWithPatience(context, { account, purpose }, async () => {
    const call = await begin(client, request, context)
    const token = hasPerson
      ? await refreshToken(call, account, password ?? '', first)
      : await grantWithoutPerson(call, first, await ownDpopKey(call))
    return exchange === undefined ? token : await exchangeForPurpose(call, token, purpose, exchange)
  })
}

async function begin(
  client: OAuthClient,
  { account }: GetAuthTokenRequest,
  context: CredentialContext,
): Promise<ServerCall<CredentialContext>> {
  const remembered = recallMetadata(fieldsOf(context.credential).metadata)
  return await beginCall(client, context, account, 'renewing the token', remembered)
}

/** Whether the service gave no refresh token, so that the password is the access token. */
function isAccessToken({ settings }: OAuthClient, { credential }: CredentialContext): boolean {
  return settings.quirks.passwordIsToken === true || fieldsOf(credential).passwordKind === 'access_token'
}

function passwordAsToken(
  request: GetAuthTokenRequest,
  { credential, clock }: CredentialContext,
  purpose: TokenPurpose,
): IssuedToken {
  const { password } = credential
  if (password === undefined || password === '') throw noCredential(request)
  const fields = fieldsOf(credential)
  const expiresAt = numberIn(fields.passwordExpiresAt)
  const { account } = request
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    const message = `${account.name} (${account.type}): the sign-in has run out, and the service renews none. Sign in again.`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'expired', account })
  }
  checkAllowed(account, credential, purpose)
  if (purpose.kind === 'id_token') {
    const message = `${account.name} (${account.type}): the service issues a new ID token at a sign-in only. Sign in again for ${purpose.name}.`
    throw new AccountError('ERR_UNSUPPORTED', message, { action: 'sign-in', account })
  }
  const scheme = fields.passwordScheme ?? 'Bearer'
  return { value: password, scheme, scopes: purpose.scopes, ...(expiresAt !== undefined && { expiresAt }) }
}

function noCredential({ account }: GetAuthTokenRequest): AccountError {
  const message = `${account.name} (${account.type}) has no stored credential. Sign in again.`
  return new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_credential', account })
}
