// One renewal, as the manager's transaction wants it (docs/requirements.md):
//
//   check that this credential is ours → one token request → read leniently → save what rotated → only then be strict
//
// The lease, the replay after a lost answer and the decision about the account's state are the manager's.

import {
  type Account,
  AccountError,
  type CredentialContext,
  type CredentialUpdate,
  type IssuedToken,
  isAccountError,
} from '@accountry/accounts'
import { keptClaims } from './account-name.ts'
import { checkAllowed, notGranted } from './allowed-purpose.ts'
import type { Failure } from './classify.ts'
import { endOf, fieldsOf, numberIn, scopesIn } from './credential-fields.ts'
import type { DpopKey } from './dpop.ts'
import { ownDpopKey } from './dpop-key.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { failureError } from './failure-error.ts'
import { type IdentityToken, verifyIdToken } from './id-token.ts'
import { identityAsToken, usableToken } from './issued-token.ts'
import type { ProviderQuirks } from './quirks.ts'
import { isMetadataDue, recallMetadata, rememberMetadata } from './remembered-metadata.ts'
import { isKnownRevocationEndpoint } from './revocation-endpoint.ts'
import { revokeToken } from './revoke.ts'
import { type ServerCall, sceneOf, shownSubject } from './server-call.ts'
import type { ServerMetadata } from './server-metadata.ts'
import { missingScopes, type TokenPurpose, union } from './token-purpose.ts'
import { requestGrant } from './token-request.ts'
import { readTokenResponse, type TokenResponse } from './token-response.ts'

type RefreshCall = ServerCall<CredentialContext>

/** A good answer on its way to a token. */
interface Received {
  readonly account: Account
  readonly response: TokenResponse
  readonly requestedAt: number
  readonly purpose: TokenPurpose
  readonly dpopKey: DpopKey | undefined
}

/**
 * Issues a token from the stored refresh token (RFC 6749 §6), with at most one token request.
 *
 * @throws AccountError as in the table of docs/requirements.md; `ERR_ABORTED` when the account was changed meanwhile.
 */
export async function refreshToken(
  call: RefreshCall,
  account: Account,
  password: string,
  purpose: TokenPurpose,
): Promise<IssuedToken> {
  const { settings } = call.client
  checkAllowed(account, call.context.credential, purpose)
  checkTokenEndpoint(call)
  const dpopKey = await ownDpopKey(call)
  const outcome = await requestGrant(call, {
    type: 'refresh_token',
    dpopKey,
    parameters: refreshParameters(call, password, purpose),
  })
  if (outcome.kind === 'failure') throw await refused(call, outcome.failure)
  const { requestedAt } = outcome
  const response = readTokenResponse(outcome.members, settings.quirks)
  await saveRotation(call, response, requestedAt)
  for (const problem of response.problems) call.context.log.warn('token_response', { problem })
  return await validated(call, { account, response, requestedAt, purpose, dpopKey })
}

/** The credential is not sent to another host because a document says so (docs/requirements.md DS-04). */
function checkTokenEndpoint(call: RefreshCall): void {
  const { account, context, metadata } = call
  const url = parseEndpoint(metadata.token_endpoint)
  if (typeof url === 'string') {
    const message = `${shownSubject(call)}: the server's token_endpoint ${url}`
    throw new AccountError('ERR_MISCONFIGURED', message, { account })
  }
  const known = parseEndpoint(fieldsOf(context.credential).tokenEndpoint)
  if (typeof known === 'string' || known.host === url.host) return
  const message = `${shownSubject(call)}: the server moved from ${known.host} to ${url.host}. Sign in again to confirm that.`
  throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'endpoint_changed', account })
}

function refreshParameters({ client }: RefreshCall, password: string, purpose: TokenPurpose): URLSearchParams {
  const { quirks } = client.settings
  const parameters = new URLSearchParams([['refresh_token', password]])
  if (sendsScope(quirks) && purpose.scopes.length > 0) {
    parameters.set('scope', purpose.scopes.join(quirks.requestScopeSeparator ?? ' '))
  }
  for (const resource of purpose.resource) parameters.append('resource', resource)
  return parameters
}

/** Where one token at a time lives it has to serve every type, so it is never asked for with less than was granted. */
function sendsScope({ refreshScope, accessTokens }: ProviderQuirks): boolean {
  return refreshScope !== 'omit' && accessTokens !== 'single'
}

/** What a token may do when the answer does not say: what was asked for, or all that was granted (RFC 6749 §6). */
function grantedByDefault({ client, context }: RefreshCall, purpose: TokenPurpose): readonly string[] {
  const { quirks, tokenTypes } = client.settings
  if (sendsScope(quirks)) return purpose.scopes
  const { grantedScopes, refusedScopes } = fieldsOf(context.credential)
  if (grantedScopes !== undefined) return union(purpose.scopes, scopesIn(grantedScopes))
  if (quirks.accessTokens !== 'single') return purpose.scopes
  // An account that was added by hand: nobody knows, and a second request would end the first token.
  const refused = scopesIn(refusedScopes)
  const declared = Object.values(tokenTypes ?? {}).flatMap(({ scopes }) => scopes)
  return union(purpose.scopes, declared).filter((scope) => !refused.includes(scope))
}

/** What the manager learns of a refusal, beside its class. */
async function refused(call: RefreshCall, answer: Failure): Promise<AccountError> {
  const { context } = call
  const failure = withExpiry(answer, context)
  if (fieldsOf(context.credential).rotates !== undefined) {
    // The token before was used up here. One that is dead at its first use was revoked, or somebody was faster with it.
    if (failure.reason === 'revoked_or_reused') context.suspectReuse?.()
    // Some servers use the credential up before they refuse what was asked, or fail; then nobody else did.
    const mayBeUsedUp = failure.class === 'request' || failure.class === 'server'
    if (mayBeUsedUp) await context.replaceCredential({ fields: { rotates: undefined } })
  }
  return failureError(failure, sceneOf(call, 'renewing the token'))
}

/** A refresh token that has outlived the time it was given was not stolen, it ran out. */
function withExpiry(failure: Failure, { credential, clock }: CredentialContext): Failure {
  const endsAt = numberIn(fieldsOf(credential).passwordExpiresAt)
  const hasEnded = failure.reason === 'revoked_or_reused' && endsAt !== undefined && endsAt <= clock.now()
  return hasEnded ? { ...failure, reason: 'expired' } : failure
}

/**
 * Makes a rotated refresh token durable before anything else in the answer is looked at, binds an account that was
 * added by hand to this client at its first use, and twice a day keeps what the server says about itself.
 */
async function saveRotation(call: RefreshCall, response: TokenResponse, requestedAt: number): Promise<void> {
  const { client, context, metadata } = call
  const { credential } = context
  const isRotated = response.refreshToken !== undefined && response.refreshToken !== credential.password
  const isUnbound = credential.issuer === undefined || credential.clientId === undefined
  const isDue = needsMetadata(call)
  if (!isRotated && !isUnbound && !isDue) return
  const { issuer, clientId } = client.settings
  const passwordExpiresAt = endOf(response.refreshTokenExpiresInS, requestedAt)
  const update: CredentialUpdate = {
    issuer,
    clientId,
    fields: {
      tokenEndpoint: metadata.token_endpoint,
      ...(isRotated && { passwordExpiresAt, rotates: 'true' }),
      ...(isDue && { metadata: rememberMetadata({ metadata: knownPart(call), at: call.metadataAt }) }),
    },
    ...(isRotated && { password: response.refreshToken }),
  }
  try {
    await context.replaceCredential(update)
  } catch (error) {
    if (isAccountError(error) && error.code === 'ERR_ABORTED') await endReceived(call, response)
    throw error
  }
}

/** What is remembered is what is trusted later, so an endpoint that moved to another host is left out. */
function knownPart({ client, context, metadata }: RefreshCall): ServerMetadata {
  const { revocation_endpoint: _moved, ...rest } = metadata
  return isKnownRevocationEndpoint(client.settings, metadata, context.credential) ? metadata : rest
}

/** Not while the server itself has not answered for as long: a copy of an old copy says nothing new. */
function needsMetadata({ client, context, metadataAt }: RefreshCall): boolean {
  if (client.settings.metadata !== undefined) return false
  const remembered = recallMetadata(fieldsOf(context.credential).metadata)
  return isMetadataDue(remembered, context.clock) && remembered?.at !== metadataAt
}

/** The person changed or removed the account meanwhile: what was received belongs to nobody (docs/requirements.md C-19). */
async function endReceived(call: RefreshCall, response: TokenResponse): Promise<void> {
  // Where a revocation ends everything the person allowed, it would end the new sign-in too.
  if (call.client.settings.quirks.revocation === 'client') return
  const { refreshToken: newRefreshToken, accessToken } = response
  const token = newRefreshToken ?? accessToken
  if (token === undefined) return
  try {
    // The call may have ended with the account.
    const { signal } = new AbortController()
    await revokeToken(call, token, newRefreshToken === undefined ? 'access_token' : 'refresh_token', signal)
  } catch {
    call.context.log.warn('revocation_failed', { what: 'superseded' })
  }
}

/** The strict part: the refresh token is safe, so refusing costs nothing but this call. */
async function validated(call: RefreshCall, received: Received): Promise<IssuedToken> {
  const { account, response, purpose, requestedAt, dpopKey } = received
  const { client } = call
  const identity = await sameIdentity(call, response)
  await learnIdentity(call.context, identity)
  await checkGranted(call, account, purpose, response.scopes ?? purpose.scopes)
  if (purpose.kind === 'access') {
    const scopes = grantedByDefault(call, purpose)
    return usableToken(call, response, { requestedAt, scopes, isProven: dpopKey !== undefined })
  }
  if (identity !== undefined) return identityAsToken(identity, client.serverClock.skewMs)
  throw new AccountError('ERR_INVALID_RESPONSE', `${shownSubject(call)}: the server issued no ID token`, { account })
}

async function sameIdentity(call: RefreshCall, response: TokenResponse): Promise<IdentityToken | undefined> {
  const { idToken, accessToken } = response
  if (idToken === undefined) return undefined
  const { credential } = call.context
  const { nonce, authTime, identityIssuer } = fieldsOf(credential)
  const previous = { subject: credential.subject, issuer: identityIssuer, nonce, authTime: numberIn(authTime) }
  return await verifyIdToken(call, idToken, { accessToken, previous })
}

/** An account that was added by hand learns whose it is. Only a verified signature may decide that. */
async function learnIdentity(context: CredentialContext, identity: IdentityToken | undefined): Promise<void> {
  if (identity === undefined || !identity.isVerified || context.credential.subject !== undefined) return
  await context.replaceCredential({
    subject: identity.subject,
    claims: keptClaims(identity.claims, undefined),
    fields: { identityIssuer: String(identity.claims['iss']) },
  })
}

async function checkGranted(
  call: RefreshCall,
  account: Account,
  purpose: TokenPurpose,
  granted: readonly string[],
): Promise<void> {
  const { client, context } = call
  const missing = missingScopes(purpose.scopes, granted, client.settings.quirks)
  if (missing.length === 0) return
  const refused = union(scopesIn(fieldsOf(context.credential).refusedScopes), missing)
  await context.replaceCredential({ fields: { refusedScopes: refused.join(' ') } })
  throw notGranted(account, purpose, missing)
}
