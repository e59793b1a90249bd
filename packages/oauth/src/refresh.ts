// One refresh, as the manager's transaction wants it (security.md §3.2, steps 7 to 10):
//
//   check that this credential is ours → one token request → read leniently → save what rotated → only then be strict
//
// The lease, the replay after a lost answer and the decision about the account's state are the manager's.

import {
  AccountError,
  type AuthenticatorContext,
  type CredentialContext,
  type CredentialUpdate,
  type GetAuthTokenRequest,
  type IssuedToken,
  isAccountError,
} from '@accountry/accounts'
import { keptClaims } from './account-name.ts'
import { classify, type Failure } from './classify.ts'
import { type CredentialFields, fieldsOf, numberIn, scopesIn } from './credential-fields.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { failureError } from './failure-error.ts'
import type { Answer } from './http-exchange.ts'
import { type IdentityToken, verifyIdToken } from './id-token.ts'
import { usableToken } from './issued-token.ts'
import { endOf, identityAsToken } from './new-account.ts'
import type { OAuthClient } from './oauth-client.ts'
import { revokeToken } from './revoke.ts'
import type { ServerMetadata } from './server-metadata.ts'
import { missingScopes, purposeOf, type TokenPurpose, union } from './token-purpose.ts'
import { requestTokens } from './token-request.ts'
import { readTokenResponse, type TokenResponse } from './token-response.ts'

/**
 * Issues a token from the stored refresh token (RFC 6749 §6), with at most one token request.
 *
 * @throws AccountError as in the table of security.md §3.1; `ERR_ABORTED` when the account was changed meanwhile.
 */
export async function refreshToken(
  client: OAuthClient,
  request: GetAuthTokenRequest,
  context: CredentialContext,
): Promise<IssuedToken> {
  const { settings } = client
  const purpose = purposeOf(settings, request.authTokenType)
  const shown = `${request.account.name} (${request.account.type})`
  checkBinding(client, request, context)
  const password = requiredPassword(request, context, shown)
  if (settings.quirks.passwordIsToken === true) return { value: password, scopes: purpose.scopes }
  checkRefused(purpose, request, context)
  const scene = { label: settings.label, account: request.account, doing: 'renewing the token' }
  const metadata = await client.discovery.find(context, scene)
  checkTokenEndpoint(metadata, request, context)
  const result = await requestTokens(client, context, metadata, {
    type: 'refresh_token',
    parameters: refreshParameters(client, password, purpose),
  })
  const outcome = classify(result, settings.quirks, context.clock.now())
  if (outcome.kind === 'failure') throw failureError(withExpiry(outcome.failure, context), scene)
  const { requestedAt } = result as Answer
  const response = readTokenResponse(outcome.members, settings.quirks)
  await saveRotation(client, context, metadata, response, requestedAt)
  for (const problem of response.problems) context.log.warn('token_response', { problem })
  return await validated(client, request, context, metadata, { response, requestedAt, purpose, shown })
}

/** A refresh token never goes to a client or a server that it was not issued for. */
function checkBinding(client: OAuthClient, { account }: GetAuthTokenRequest, { credential }: CredentialContext): void {
  const { issuer, clientId } = client.settings
  const isOurs =
    (credential.issuer === undefined || credential.issuer === issuer) &&
    (credential.clientId === undefined || credential.clientId === clientId)
  if (isOurs) return
  const message = `${account.name} (${account.type}) was signed in by another client or at another server. Its credential is not sent here.`
  throw new AccountError('ERR_MISCONFIGURED', message, { reason: 'other-client', account })
}

function requiredPassword({ account }: GetAuthTokenRequest, { credential }: CredentialContext, shown: string): string {
  if (credential.password !== undefined && credential.password !== '') return credential.password
  const message = `${shown} has no stored credential. Sign in again.`
  throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_credential', account })
}

/** What the person did not allow is not asked for again and again: every refresh may rotate the credential. */
function checkRefused(purpose: TokenPurpose, request: GetAuthTokenRequest, context: CredentialContext): void {
  const refused = scopesIn(fieldsOf(context.credential).refusedScopes)
  const missing = purpose.scopes.filter((scope) => refused.includes(scope))
  if (missing.length > 0) throw notGranted(purpose, missing, request)
}

/** The credential is not sent to another host because a document says so (security.md DS-04). */
function checkTokenEndpoint(
  metadata: ServerMetadata,
  { account }: GetAuthTokenRequest,
  context: CredentialContext,
): void {
  const url = parseEndpoint(metadata.token_endpoint)
  if (typeof url === 'string') {
    throw new AccountError(
      'ERR_MISCONFIGURED',
      `${account.name} (${account.type}): the server's token_endpoint ${url}`,
      {
        account,
      },
    )
  }
  const known = parseEndpoint(fieldsOf(context.credential).tokenEndpoint)
  if (typeof known === 'string' || known.host === url.host) return
  const message = `${account.name} (${account.type}): the server moved from ${known.host} to ${url.host}. Sign in again to confirm that.`
  throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'endpoint_changed', account })
}

function refreshParameters(client: OAuthClient, password: string, purpose: TokenPurpose): URLSearchParams {
  const { quirks } = client.settings
  const parameters = new URLSearchParams([['refresh_token', password]])
  if (quirks.refreshScope !== 'omit' && purpose.scopes.length > 0) {
    parameters.set('scope', purpose.scopes.join(quirks.requestScopeSeparator ?? ' '))
  }
  for (const resource of purpose.resource) parameters.append('resource', resource)
  return parameters
}

/** A refresh token that has outlived the time it was given was not stolen, it ran out. */
function withExpiry(failure: Failure, { credential, clock }: CredentialContext): Failure {
  const endsAt = numberIn(fieldsOf(credential).refreshTokenExpiresAt)
  const hasEnded = failure.reason === 'revoked_or_reused' && endsAt !== undefined && endsAt <= clock.now()
  return hasEnded ? { ...failure, reason: 'expired' } : failure
}

/**
 * Makes a rotated refresh token durable before anything else in the answer is looked at, and binds an account that
 * was added by hand to this client at its first use.
 */
async function saveRotation(
  client: OAuthClient,
  context: CredentialContext,
  metadata: ServerMetadata,
  response: TokenResponse,
  requestedAt: number,
): Promise<void> {
  const { credential } = context
  const isRotated = response.refreshToken !== undefined && response.refreshToken !== credential.password
  const isUnbound = credential.issuer === undefined || credential.clientId === undefined
  if (!isRotated && !isUnbound) return
  const { issuer, clientId } = client.settings
  const fields: CredentialFields = {
    tokenEndpoint: metadata.token_endpoint,
    ...(isRotated && { refreshTokenExpiresAt: endOf(response.refreshTokenExpiresInS, requestedAt) }),
  }
  const update: CredentialUpdate = {
    issuer,
    clientId,
    fields: { ...fields },
    ...(isRotated && { password: response.refreshToken }),
  }
  try {
    await context.replaceCredential(update)
  } catch (error) {
    if (isAccountError(error) && error.code === 'ERR_ABORTED') await discard(client, context, metadata, response)
    throw error
  }
}

/** The person changed or removed the account meanwhile: what was received belongs to nobody (security.md C-19). */
async function discard(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  response: TokenResponse,
): Promise<void> {
  // Where a revocation ends everything the person allowed, it would end the new sign-in too.
  if (client.settings.quirks.revocation === 'client') return
  const [token, hint] =
    response.refreshToken === undefined
      ? ([response.accessToken, 'access_token'] as const)
      : ([response.refreshToken, 'refresh_token'] as const)
  if (token === undefined) return
  try {
    await revokeToken(client, context, metadata, token, hint)
  } catch {
    context.log.warn('revocation_failed', { what: 'superseded' })
  }
}

interface Received {
  readonly response: TokenResponse
  readonly requestedAt: number
  readonly purpose: TokenPurpose
  readonly shown: string
}

/** The strict part: the refresh token is safe, so refusing costs nothing but this call. */
async function validated(
  client: OAuthClient,
  request: GetAuthTokenRequest,
  context: CredentialContext,
  metadata: ServerMetadata,
  received: Received,
): Promise<IssuedToken> {
  const { response, purpose } = received
  const { account } = request
  const identity = await sameIdentity(client, request, context, metadata, response)
  await learnIdentity(context, identity)
  const scopes = response.scopes ?? purpose.scopes
  await checkGranted(client, request, context, purpose, scopes)
  if (purpose.kind === 'access')
    return usableToken(response, received.requestedAt, scopes, { shown: received.shown, account })
  if (identity !== undefined) return identityAsToken(identity, client.serverClock.skewMs)
  throw new AccountError('ERR_INVALID_RESPONSE', `${received.shown}: the server issued no ID token`, { account })
}

async function sameIdentity(
  client: OAuthClient,
  { account }: GetAuthTokenRequest,
  context: CredentialContext,
  metadata: ServerMetadata,
  response: TokenResponse,
): Promise<IdentityToken | undefined> {
  if (response.idToken === undefined) return undefined
  const { nonce, authTime } = fieldsOf(context.credential)
  const previous = { subject: context.credential.subject, nonce, authTime: numberIn(authTime) }
  const { accessToken } = response
  return verifyIdToken(client, context, metadata, response.idToken, { accessToken, previous }, account)
}

/** An account that was added by hand learns whose it is. Only a verified signature may decide that. */
async function learnIdentity(context: CredentialContext, identity: IdentityToken | undefined): Promise<void> {
  if (identity === undefined || !identity.isVerified || context.credential.subject !== undefined) return
  await context.replaceCredential({ subject: identity.subject, claims: keptClaims(identity.claims, undefined) })
}

async function checkGranted(
  client: OAuthClient,
  request: GetAuthTokenRequest,
  context: CredentialContext,
  purpose: TokenPurpose,
  granted: readonly string[],
): Promise<void> {
  const missing = missingScopes(purpose.scopes, granted, client.settings.quirks)
  if (missing.length === 0) return
  const refused = union(scopesIn(fieldsOf(context.credential).refusedScopes), missing)
  await context.replaceCredential({ fields: { refusedScopes: refused.join(' ') } })
  throw notGranted(purpose, missing, request)
}

function notGranted(purpose: TokenPurpose, missing: readonly string[], { account }: GetAuthTokenRequest): AccountError {
  const message = `${account.name} (${account.type}): ${purpose.name} needs scopes that were not granted. Sign in again to allow them.`
  return new AccountError('ERR_SCOPE_NOT_GRANTED', message, { account, challenge: { scopes: [...missing] } })
}
