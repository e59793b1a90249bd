/** A person who can sign in. */
export interface TestUser {
  /** Beside `sub`, which is the key of the user. Default: a name and an e-mail address made from the key. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface AuthorizationServerOptions {
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
  /** Default `true`. `false`: a service that issues no refresh tokens. */
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
  /** Default: any free one. */
  readonly port?: number
}

export interface ServerSettings extends Required<Omit<AuthorizationServerOptions, 'audience' | 'port'>> {
  readonly audience: string | undefined
  readonly port: number
}

const TWO_WEEKS_S = 14 * 24 * 60 * 60

export function settingsFrom(options: AuthorizationServerOptions): ServerSettings {
  const users = options.users ?? { ana: {}, ben: {} }
  const [firstUser = 'ana'] = Object.keys(users)
  return {
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
    port: options.port ?? 0,
  }
}

export function claimsOf(users: Readonly<Record<string, TestUser>>, sub: string): Record<string, unknown> {
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
