import { AccountError, type AuthTokenTypeSpec } from '@accountry/accounts'
import type { TokenExchange } from './options.ts'
import type { ServerMetadata } from './server-metadata.ts'
import { checkResource, resourcesOf, type Settings } from './settings.ts'

/** What a token is wanted for. */
export interface TokenPurpose {
  /** As it is shown in messages. */
  readonly name: string
  /** Empty: whatever was granted. */
  readonly scopes: readonly string[]
  readonly resource: readonly string[]
  readonly kind: 'access' | 'id_token'
  /** Present: the token is exchanged for one of another audience. */
  readonly exchange?: TokenExchange | undefined
}

/**
 * The purpose behind a declared name or ad-hoc scopes.
 *
 * @throws TypeError for a name that is not declared.
 */
export function purposeOf(settings: Pick<Settings, 'tokenTypes'>, spec: AuthTokenTypeSpec): TokenPurpose {
  if (typeof spec !== 'string') {
    const resource = resourcesOf(spec)
    for (const each of resource) checkAdHocResource(each)
    return { name: spec.scopes.join(' '), scopes: spec.scopes, resource, kind: 'access' }
  }
  const { tokenTypes } = settings
  if (tokenTypes === undefined) return { name: spec, scopes: [], resource: [], kind: 'access' }
  const declared = Object.hasOwn(tokenTypes, spec) ? tokenTypes[spec] : undefined
  if (declared === undefined) {
    throw new TypeError(`authTokenType is not declared; declared are ${Object.keys(tokenTypes).join(', ')}`)
  }
  const { scopes, kind = 'access', exchange } = declared
  return { name: spec, scopes, resource: resourcesOf(declared), kind, exchange }
}

/** Nobody but the caller knows it before; of a plugin's `TypeError` the manager keeps only that there was one. */
function checkAdHocResource(resource: string): void {
  try {
    checkResource(resource, 'authTokenType.resource')
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const options = { action: 'contact-developer' as const, cause: error }
    throw new AccountError('ERR_AUTHENTICATOR_FAILED', error.message, options)
  }
}

const IDENTITY_SCOPES: readonly string[] = ['openid', 'email', 'profile']
/** These ask for facts about the person or for a longer life; no token is good for less without them. */
const NOT_FOR_APIS: ReadonlySet<string> = new Set([...IDENTITY_SCOPES, 'address', 'phone', 'offline_access'])

/**
 * The scopes that every sign-in asks for: who the person is, and a refresh token, as far as the server offers them.
 *
 * A server that lists no scopes and has no keys to verify an ID token with does not speak OpenID Connect.
 */
export function signInScopes(settings: Pick<Settings, 'signInScopes'>, metadata: ServerMetadata): readonly string[] {
  if (settings.signInScopes !== undefined) return settings.signInScopes
  const listed = metadata.scopes_supported
  if (listed !== undefined) return [...IDENTITY_SCOPES, 'offline_access'].filter((scope) => listed.includes(scope))
  return metadata.jwks_uri === undefined ? [] : IDENTITY_SCOPES
}

/** All scopes and resources of the declared types, or of one of them. */
export function wantedAtSignIn(
  settings: Pick<Settings, 'tokenTypes'>,
  authTokenType: string | undefined,
): Pick<TokenPurpose, 'scopes' | 'resource'> {
  if (authTokenType !== undefined) return purposeOf(settings, authTokenType)
  const purposes = Object.keys(settings.tokenTypes ?? {}).map((name) => purposeOf(settings, name))
  return {
    scopes: union(purposes.flatMap(({ scopes }) => scopes)),
    resource: union(purposes.flatMap(({ resource }) => resource)),
  }
}

export function union(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())]
}

/**
 * The scopes of `wanted` that are not in `granted`, by the service's way of naming them. Scopes that only ask for
 * facts about the person are left out: services leave them out of their answers too.
 */
export function missingScopes(
  wanted: readonly string[],
  granted: readonly string[],
  quirks: Settings['quirks'],
): readonly string[] {
  if (quirks.scopeComparison === 'ignore') return []
  const normal = (scope: string): string => {
    const named = quirks.scopeAliases?.[scope] ?? scope
    return quirks.scopeComparison === 'last-segment' ? (named.split('/').at(-1) ?? named).toLowerCase() : named
  }
  const has = new Set(granted.map(normal))
  return wanted.filter((scope) => !NOT_FOR_APIS.has(scope) && !has.has(normal(scope)))
}
