import { AccountError, type AuthenticatorContext, type IssuedToken, type NewAccount } from '@accountry/accounts'
import { type AccountClaims, keptClaims, usableName } from './account-name.ts'
import type { AuthorizationTransaction } from './authorization-request.ts'
import { storedFields } from './credential-fields.ts'
import { type IdentityToken, verifyIdToken } from './id-token.ts'
import { type UsableToken, usableToken } from './issued-token.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { BodyMembers } from './response-body.ts'
import type { ServerMetadata } from './server-metadata.ts'
import { missingScopes, purposeOf, union } from './token-purpose.ts'
import { readTokenResponse, type TokenResponse } from './token-response.ts'
import { fetchUserInfo } from './user-info.ts'

/** A grant that was just made, before anything of it is stored. */
export interface FreshGrant {
  readonly members: BodyMembers
  /** Epoch milliseconds. */
  readonly requestedAt: number
  readonly requested: Pick<AuthorizationTransaction, 'scopes' | 'resource' | 'nonce' | 'maxAgeS' | 'acrValues'>
  /** The name the app hoped for, used where the service tells none. */
  readonly nameHint?: string | undefined
}

/**
 * Turns a first token response into an account.
 *
 * Everything is checked before anything is stored: there is nothing to lose yet.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE` and what {@link verifyIdToken} throws.
 */
export async function newAccount(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  grant: FreshGrant,
): Promise<NewAccount> {
  const { settings } = client
  const response = readTokenResponse(grant.members, settings.quirks)
  for (const problem of response.problems) context.log.warn('token_response', { problem })
  const scopes = response.scopes ?? grant.requested.scopes
  const token = usableToken(response, grant.requestedAt, scopes, { shown: settings.label })
  const identity = await identityOf(client, context, metadata, response, grant)
  const userInfo = await userInfoOf(context, metadata, token, identity, grant.requested.scopes)
  const claims = identity?.claims ?? userInfo ?? {}
  const name = usableName(settings.accountName(claims, userInfo)) ?? usableName(grant.nameHint) ?? settings.label
  const password = settings.quirks.passwordIsToken === true ? token.value : (response.refreshToken ?? token.value)
  return {
    name,
    password,
    issuer: settings.issuer,
    clientId: settings.clientId,
    subject: identity?.subject ?? subjectIn(userInfo),
    claims: keptClaims(claims, userInfo),
    fields: storedFields({
      grantedScopes: scopes.join(' '),
      refusedScopes: missingScopes(grant.requested.scopes, scopes, settings.quirks).join(' '),
      tokenEndpoint: metadata.token_endpoint,
      refreshTokenExpiresAt: endOf(response.refreshTokenExpiresInS, grant.requestedAt),
      nonce: grant.requested.nonce,
      authTime: timeIn(claims['auth_time']),
    }),
    tokens: tokensFor(client, token, identity, grant.requested),
  }
}

async function identityOf(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  response: TokenResponse,
  grant: FreshGrant,
): Promise<IdentityToken | undefined> {
  const { idToken, accessToken } = response
  const { nonce, maxAgeS, acrValues } = grant.requested
  if (idToken !== undefined) {
    return verifyIdToken(client, context, metadata, idToken, { accessToken, nonce, maxAgeS, acrValues })
  }
  if (!grant.requested.scopes.includes('openid')) return undefined
  const message = `${client.settings.label}: the server did not say who signed in (no ID token). Nothing was stored.`
  throw new AccountError('ERR_INVALID_RESPONSE', message)
}

/** Asked only when the ID token names nobody: it costs a request. */
async function userInfoOf(
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  token: UsableToken,
  identity: IdentityToken | undefined,
  requested: readonly string[],
): Promise<AccountClaims | undefined> {
  if (metadata.userinfo_endpoint === undefined || !requested.includes('openid')) return undefined
  if (identity?.claims['email'] !== undefined || identity?.claims['preferred_username'] !== undefined) return undefined
  return fetchUserInfo(context, metadata.userinfo_endpoint, token, identity?.subject)
}

/**
 * The token types that the first access token serves: those that ask for exactly what it grants. A broader one is
 * not kept, because it would be sent to origins that need less.
 */
function tokensFor(
  client: OAuthClient,
  token: UsableToken,
  identity: IdentityToken | undefined,
  requested: FreshGrant['requested'],
): Record<string, IssuedToken> {
  const { settings } = client
  const tokens: Record<string, IssuedToken> = {}
  for (const name of Object.keys(settings.tokenTypes ?? {})) {
    const purpose = purposeOf(settings, name)
    if (purpose.kind === 'id_token') {
      if (identity !== undefined) tokens[name] = identityAsToken(identity, client.serverClock.skewMs)
      continue
    }
    const isCovered = missingScopes(purpose.scopes, token.scopes ?? [], settings.quirks).length === 0
    const isExact = missingScopes(requested.scopes, purpose.scopes, settings.quirks).length === 0
    const isSameResource = union(purpose.resource, requested.resource).length === purpose.resource.length
    const isSingle = settings.quirks.accessTokens === 'single' || settings.quirks.passwordIsToken === true
    if (isCovered && ((isExact && isSameResource) || isSingle)) tokens[name] = token
  }
  return tokens
}

/** An ID token in the place of an access token; its end is converted to this machine's clock. */
export function identityAsToken(identity: IdentityToken, skewMs: number): IssuedToken {
  const expiresAt = Number(identity.claims['exp']) * 1000 - skewMs
  return { value: identity.value, scheme: 'Bearer', expiresAt: Math.floor(expiresAt), scopes: ['openid'] }
}

function subjectIn(userInfo: AccountClaims | undefined): string | undefined {
  const { sub } = (userInfo ?? {}) as { sub?: unknown }
  return typeof sub === 'string' && sub !== '' ? sub : undefined
}

/** An instant as a field keeps it. */
export function endOf(lifetimeS: number | undefined, startedAt: number): string | undefined {
  return lifetimeS === undefined ? undefined : String(Math.floor(startedAt + lifetimeS * 1000))
}

function timeIn(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : undefined
}
