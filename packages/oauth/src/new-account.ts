import { AccountError, type IssuedToken, type NewAccount } from '@accountry/accounts'
import { type AccountClaims, keptClaims, usableName } from './account-name.ts'
import { endOf, storedFields } from './credential-fields.ts'
import type { DpopKey } from './dpop.ts'
import { displayText } from './hostile-text.ts'
import { type IdentityToken, verifyIdToken } from './id-token.ts'
import { identityAsToken, type UsableToken, usableToken } from './issued-token.ts'
import { textAt } from './member-path.ts'
import { fetchProfile, fetchUserInfo } from './profile.ts'
import { rememberMetadata } from './remembered-metadata.ts'
import type { PresentedToken } from './resource-authorization.ts'
import type { BodyMembers } from './response-body.ts'
import { type ServerCall, shownSubject } from './server-call.ts'
import { missingScopes, purposeOf, union } from './token-purpose.ts'
import { readTokenResponse, type TokenResponse } from './token-response.ts'

/** What was asked for with a grant. */
export interface RequestedGrant {
  readonly scopes: readonly string[]
  readonly resource: readonly string[]
  readonly nonce?: string | undefined
  readonly maxAgeS?: number | undefined
  readonly acrValues?: readonly string[] | undefined
  readonly dpopKey?: DpopKey | undefined
}

/** A grant that was just made, before anything of it is stored. */
export interface FreshGrant {
  readonly members: BodyMembers
  /** Epoch milliseconds. */
  readonly requestedAt: number
  readonly requested: RequestedGrant
  /** The name the app hoped for, used where the service tells none. */
  readonly nameHint?: string | undefined
}

/** Who signed in, from wherever the service says it. */
interface Person {
  readonly subject: string | undefined
  readonly claims: AccountClaims
  readonly userInfo: AccountClaims | undefined
  readonly idToken: IdentityToken | undefined
}

const LONGEST_KEPT_MEMBER = 2048

/**
 * Turns a first token response into an account.
 *
 * Everything is checked before anything is stored: there is nothing to lose yet.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE` and what {@link verifyIdToken} throws.
 */
export async function newAccount(call: ServerCall, grant: FreshGrant): Promise<NewAccount> {
  const { client, context, metadata } = call
  const { settings } = client
  const { requested, requestedAt } = grant
  const response = readTokenResponse(grant.members, settings.quirks)
  for (const problem of response.problems) context.log.warn('token_response', { problem })
  const isProven = requested.dpopKey !== undefined
  const token = usableToken(call, response, { requestedAt, scopes: requested.scopes, isProven })
  const person = await identify(call, response, grant, { ...token, dpopKey: requested.dpopKey })
  const chosen = usableName(settings.accountName(person.claims, person.userInfo)) ?? usableName(grant.nameHint)
  const isToken = settings.quirks.passwordIsToken === true || response.refreshToken === undefined
  const passwordEnd = isToken ? response.expiresInS : response.refreshTokenExpiresInS
  return {
    name: chosen ?? settings.label,
    password: isToken ? token.value : response.refreshToken,
    issuer: settings.issuer,
    clientId: settings.clientId,
    subject: person.subject,
    claims: keptClaims(person.claims, person.userInfo),
    userData: keptMembers(grant.members, settings.quirks.keptMembers),
    fields: storedFields({
      loginName: chosen,
      grantedScopes: token.scopes.join(' '),
      refusedScopes: missingScopes(requested.scopes, token.scopes, settings.quirks).join(' '),
      resources: requested.resource.length === 0 ? undefined : requested.resource.join(' '),
      tokenEndpoint: metadata.token_endpoint,
      metadata: settings.metadata === undefined ? rememberMetadata({ metadata, at: call.metadataAt }) : undefined,
      passwordKind: isToken ? 'access_token' : undefined,
      passwordExpiresAt: endOf(passwordEnd, requestedAt),
      passwordScheme: isToken ? token.scheme : undefined,
      dpopKey: requested.dpopKey,
      nonce: requested.nonce,
      identityIssuer: person.idToken === undefined ? undefined : String(person.idToken.claims['iss']),
      authTime: typeof person.claims['auth_time'] === 'number' ? String(person.claims['auth_time']) : undefined,
    }),
    tokens: tokensFor(call, token, person.idToken, requested),
  }
}

async function identify(
  call: ServerCall,
  response: TokenResponse,
  grant: FreshGrant,
  token: PresentedToken,
): Promise<Person> {
  const { profile } = call.client.settings.quirks
  if (profile !== undefined) {
    const { subject, claims } = await fetchProfile(call, profile, grant.members, token)
    return { subject, claims, userInfo: undefined, idToken: undefined }
  }
  const idToken = await identityOf(call, response, grant.requested)
  const userInfo = await userInfoOf(call, token, idToken, grant.requested)
  const claims = idToken?.claims ?? userInfo ?? {}
  return { subject: idToken?.subject ?? textAt(userInfo ?? {}, 'sub'), claims, userInfo, idToken }
}

async function identityOf(
  call: ServerCall,
  response: TokenResponse,
  { nonce, maxAgeS, acrValues, scopes }: RequestedGrant,
): Promise<IdentityToken | undefined> {
  const { idToken, accessToken } = response
  if (idToken !== undefined) return verifyIdToken(call, idToken, { accessToken, nonce, maxAgeS, acrValues })
  if (!scopes.includes('openid')) return undefined
  const message = `${shownSubject(call)}: the server did not say who signed in (no ID token). Nothing was stored.`
  throw new AccountError('ERR_INVALID_RESPONSE', message, { account: call.account })
}

/** Asked only when the ID token names nobody: it costs a request. */
async function userInfoOf(
  call: ServerCall,
  token: PresentedToken,
  idToken: IdentityToken | undefined,
  requested: RequestedGrant,
): Promise<AccountClaims | undefined> {
  if (!requested.scopes.includes('openid')) return undefined
  if (idToken?.claims['email'] !== undefined || idToken?.claims['preferred_username'] !== undefined) return undefined
  return fetchUserInfo(call, token, idToken?.subject)
}

/**
 * The token types that the first access token serves: those that ask for exactly what it grants. A broader one is
 * not kept, because it would be sent to origins that need less.
 */
function tokensFor(
  { client }: ServerCall,
  token: UsableToken,
  idToken: IdentityToken | undefined,
  requested: RequestedGrant,
): Record<string, IssuedToken> {
  const { settings } = client
  const tokens: Record<string, IssuedToken> = {}
  const isForAll = settings.quirks.accessTokens === 'single' || settings.quirks.refreshScope === 'omit'
  for (const [name, { exchange }] of Object.entries(settings.tokenTypes ?? {})) {
    const purpose = purposeOf(settings, name)
    if (purpose.kind === 'id_token' && idToken !== undefined) {
      tokens[name] = identityAsToken(idToken, client.serverClock.skewMs)
    }
    if (purpose.kind === 'id_token' || exchange !== undefined) continue
    const isCovered = missingScopes(purpose.scopes, token.scopes, settings.quirks).length === 0
    const isExact = missingScopes(requested.scopes, purpose.scopes, settings.quirks).length === 0
    const isSameResource = union(purpose.resource, requested.resource).length === purpose.resource.length
    if (isCovered && ((isExact && isSameResource) || isForAll)) tokens[name] = token
  }
  return tokens
}

/** Facts of the answer that the app needs and that are no secret, such as where the tenant's API is. */
function keptMembers(members: BodyMembers, names: readonly string[] | undefined): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of names ?? []) {
    const value = displayText(textAt(members, name), LONGEST_KEPT_MEMBER)
    if (value !== undefined) kept[name] = value
  }
  return kept
}
