import type { ResourceServer } from 'oidc-provider'
import type { ServerStore } from './memory-adapter.ts'
import type { ServerSettings } from './options.ts'
import type { ServerTime } from './server-time.ts'
import type { SigningKey } from './signing-key.ts'

/** What one provider is made of. */
export interface ProviderParts {
  readonly issuer: string
  /** Audience of access tokens when no resource is asked for. */
  readonly audience: string
  readonly settings: ServerSettings
  readonly store: ServerStore
  readonly time: ServerTime
  readonly key: SigningKey
}

/** Scopes that every server knows. */
export const OIDC_SCOPES: readonly string[] = ['openid', 'offline_access', 'email', 'profile']

/** Every scope that a token for the default audience can have. */
export function allScopes(settings: ServerSettings): string[] {
  return [...OIDC_SCOPES, ...settings.scopes]
}

/** What the provider has to know of a resource, or nothing when the server does not know it. */
export function resourceServerFor(parts: ProviderParts, resource: string): ResourceServer | undefined {
  const { audience, settings } = parts
  const known = settings.resources?.[resource]
  if (known === undefined && settings.resources !== undefined && resource !== audience) return undefined
  return {
    // Its tokens carry the scopes of OpenID Connect too, so that `scope` in the answer is what was asked for.
    scope: [...OIDC_SCOPES, known?.scope ?? settings.scopes.join(' ')].join(' '),
    audience: resource,
    accessTokenTTL: settings.accessTokenLifetimeS,
    accessTokenFormat: known?.accessTokenFormat ?? 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  }
}
