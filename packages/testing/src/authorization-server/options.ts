import type { Clock } from '@accountry/accounts'

/** A person who can sign in. */
export interface TestUser {
  /** Beside `sub`, which is the key of the user. Default: a name and an e-mail address made from the key. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** An API for which tokens are asked by a resource indicator (RFC 8707). */
export interface TestResource {
  /** Scopes of this API, separated by spaces. */
  readonly scope: string
  /** Default `'jwt'`. Opaque tokens are checked by introspection. */
  readonly accessTokenFormat?: 'jwt' | 'opaque'
}

/** Parts of the server that can be missing, as they are at many services. */
export interface AuthorizationServerFeatures {
  /** Default `true`. `'nonce'`: every proof needs a nonce of the server (RFC 9449, section 8). */
  readonly dpop?: boolean | 'nonce'
  /** Pushed authorization requests (RFC 9126). Default `true`. `'required'`: others are refused. */
  readonly par?: boolean | 'required'
  /** Default `true`. */
  readonly deviceFlow?: boolean
  /** Default `true`. */
  readonly clientCredentials?: boolean
  /** RFC 8693. Default `true`. */
  readonly tokenExchange?: boolean
  /** RFC 7009. Default `true`. */
  readonly revocation?: boolean
  /** RFC 7662. Default `true`. */
  readonly introspection?: boolean
  /** Default `true`. `false`: the service offers no userinfo endpoint. */
  readonly userinfo?: boolean
  /** RFC 8707. Default `true`. `false`: access tokens are opaque and have no audience. */
  readonly resourceIndicators?: boolean
  /** RP-initiated logout. Default `true`. */
  readonly endSession?: boolean
  /** Dynamic client registration (RFC 7591). Default `false`. */
  readonly registration?: boolean
}

export interface AuthorizationServerOptions {
  /**
   * Decides when tokens end, what times are written into them and told as `Date`, and how long a fault delays. Default: the system's
   * clock. DPoP proofs are the exception: the provider compares their `iat` with the system's clock, except in proofs
   * with a nonce; use `features: { dpop: 'nonce' }` together with a clock that moves far.
   */
  readonly clock?: Clock
  /** Default 300. */
  readonly accessTokenLifetimeS?: number
  /** Default 14 days. */
  readonly refreshTokenLifetimeS?: number
  /**
   * What happens to a refresh token that is used. `'strict'` (default): replaced, and using it again ends the whole
   * grant. `'grace'`: the same, but it works for `graceMs` more. `'none'`: it stays.
   */
  readonly rotation?: 'strict' | 'grace' | 'none'
  /** Default 10 000. */
  readonly graceMs?: number
  /** Default `true`: always, whether `offline_access` was asked for or not. `false`: a service that issues none. */
  readonly refreshTokens?: boolean
  /** Default: `ana` and `ben`. */
  readonly users?: Readonly<Record<string, TestUser>>
  /** Who signs in next. Default: the first user. */
  readonly user?: string
  /** What the person answers when asked for consent. Default `'allow'`. */
  readonly consent?: 'allow' | 'deny'
  /** Beside `openid`, `offline_access`, `email` and `profile`. Default: `tasks.read`, `tasks.write`, `api`. */
  readonly scopes?: readonly string[]
  /** Audience of access tokens when no resource is asked for. Default: `<issuer>/api`. */
  readonly audience?: string
  /**
   * By resource indicator, an absolute URI. Default: every URI is accepted, with the server's scopes. Given: all others
   * are `invalid_target`.
   */
  readonly resources?: Readonly<Record<string, TestResource>>
  /** Redirect URIs of the confidential client. Default: `https://app.example.com/callback`. */
  readonly webRedirectUris?: readonly string[]
  /** Redirect URIs of the native client beside those on this machine, e.g. `com.example.app:/signed-in`. Default: none. */
  readonly appRedirectUris?: readonly string[]
  /** Default: any free one. */
  readonly port?: number
  readonly features?: AuthorizationServerFeatures
}

/** The options with every default filled in. */
export interface ServerSettings
  extends Required<Omit<AuthorizationServerOptions, 'clock' | 'audience' | 'resources' | 'features'>> {
  readonly clock: Clock | undefined
  readonly audience: string | undefined
  readonly resources: Readonly<Record<string, TestResource>> | undefined
  readonly features: Required<AuthorizationServerFeatures>
}

const TWO_WEEKS_S = 14 * 24 * 60 * 60

const ALL_FEATURES: Required<AuthorizationServerFeatures> = {
  dpop: true,
  par: true,
  deviceFlow: true,
  clientCredentials: true,
  tokenExchange: true,
  revocation: true,
  introspection: true,
  userinfo: true,
  resourceIndicators: true,
  endSession: true,
  registration: false,
}

export function settingsFrom(options: AuthorizationServerOptions): ServerSettings {
  const users = options.users ?? { ana: {}, ben: {} }
  const [firstUser = 'ana'] = Object.keys(users)
  return {
    clock: options.clock,
    accessTokenLifetimeS: options.accessTokenLifetimeS ?? 300,
    refreshTokenLifetimeS: options.refreshTokenLifetimeS ?? TWO_WEEKS_S,
    rotation: options.rotation ?? 'strict',
    graceMs: options.graceMs ?? 10_000,
    refreshTokens: options.refreshTokens ?? true,
    users,
    user: options.user ?? firstUser,
    consent: options.consent ?? 'allow',
    scopes: options.scopes ?? ['tasks.read', 'tasks.write', 'api'],
    audience: options.audience,
    resources: options.resources,
    webRedirectUris: options.webRedirectUris ?? ['https://app.example.com/callback'],
    appRedirectUris: options.appRedirectUris ?? [],
    port: options.port ?? 0,
    features: { ...ALL_FEATURES, ...options.features },
  }
}

export function claimsOf(
  users: Readonly<Record<string, TestUser>>,
  sub: string,
): Record<string, unknown> & { sub: string } {
  const name = `${sub.charAt(0).toUpperCase()}${sub.slice(1)}`
  return {
    name,
    email: `${sub}@example.com`,
    email_verified: true,
    preferred_username: sub,
    ...users[sub]?.claims,
    sub,
  }
}
