import type { TokenResponseQuirks } from './token-response.ts'

/** How a service departs from the RFCs, as data: there is no code in here. */
export interface ProviderQuirks extends TokenResponseQuirks {
  /** Error codes of the token endpoint that mean "this refresh token is dead", beside `invalid_grant`. */
  readonly grantDeadErrors?: readonly string[]
  /**
   * `'omit'`: no `scope` in refresh requests, because the service rejects or misreads it, so that every token has
   * all granted scopes. Default `'send'` (RFC 6749 §6).
   */
  readonly refreshScope?: 'send' | 'omit'
  /** What separates scopes in a request. Default: a space. */
  readonly requestScopeSeparator?: string
  /**
   * How a granted scope is compared with the one asked for: `'last-segment'` ignores letter case and everything
   * before the last `/`, for services that shorten scopes in their answers. Default `'exact'`.
   */
  readonly scopeComparison?: 'exact' | 'last-segment'
  /** Other names under which the service reports a scope. */
  readonly scopeAliases?: Readonly<Record<string, string>>
  /**
   * What a revocation ends: `'grant'` the tokens of one sign-in (RFC 7009), `'client'` everything that the person
   * allowed the client, so that it is only ever sent when an account is removed. Default `'grant'`.
   */
  readonly revocation?: 'grant' | 'client'
  /** `'single'`: a new access token ends the one before. Default `'independent'`. */
  readonly accessTokens?: 'single' | 'independent'
  /** The service issues no refresh tokens: the access token is the account's password. Default `false`. */
  readonly passwordIsToken?: boolean
  /** Seconds during which a used refresh token is still accepted. Default 0. */
  readonly rotationGraceSeconds?: number
}
