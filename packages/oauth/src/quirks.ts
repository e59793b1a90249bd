import type { ProfileSource } from './profile.ts'
import type { TokenResponseQuirks } from './token-response.ts'

/** How a service departs from the RFCs, as data: there is no code in here, so that it can be kept and sent around. */
export interface ProviderQuirks extends TokenResponseQuirks {
  /** Where an answer names its error. Default `error`. */
  readonly errorMember?: string
  /** The service wants no `client_id` in a token request. */
  readonly omitClientId?: boolean
  /** Error codes of the token endpoint that mean "this refresh token is dead", beside `invalid_grant`. */
  readonly grantDeadErrors?: readonly string[]
  /**
   * `'omit'`: no `scope` in refresh requests, because the service rejects or misreads it, so that every token has
   * all granted scopes. Default `'send'` (RFC 6749 §6).
   */
  readonly refreshScope?: 'send' | 'omit'
  /**
   * The service takes any path of the redirect URI's host, so that a random one is used: a program that guesses the
   * port still does not know where to send something. Default `false`.
   */
  readonly anyRedirectPath?: boolean
  /** What separates scopes in a request. Default: a space. */
  readonly requestScopeSeparator?: string
  /** The name of the scope parameter of an authorization request. Default `scope`. */
  readonly scopeParameter?: string
  /** `'json'`: token requests are JSON objects instead of forms. Default `'form'`. */
  readonly tokenRequestBody?: 'form' | 'json'
  /**
   * How a granted scope is compared with the one asked for: `'last-segment'` ignores letter case and everything
   * before the last `/`, for services that shorten scopes in their answers; `'ignore'` believes that everything was
   * granted. Default `'exact'`.
   */
  readonly scopeComparison?: 'exact' | 'last-segment' | 'ignore'
  /** Other names under which the service reports a scope. */
  readonly scopeAliases?: Readonly<Record<string, string>>
  /** Where a service without OpenID Connect says who signed in. */
  readonly profile?: ProfileSource
  /** Members of the token response that are kept as user data, such as the address of a tenant's API. */
  readonly keptMembers?: readonly string[]
  /**
   * What a revocation ends: `'grant'` the tokens of one sign-in (RFC 7009), `'client'` everything that the person
   * allowed the client, so that it is only ever sent when an account is removed. Default `'grant'`.
   */
  readonly revocation?: 'grant' | 'client'
  /** `'single'`: a new access token ends the one before. Default `'independent'`. */
  readonly accessTokens?: 'single' | 'independent'
  /** The service issues no refresh tokens: the access token is the account's password. Default `false`. */
  readonly passwordIsToken?: boolean
  /** The scheme of the `Authorization` header, where it is not what `token_type` says. */
  readonly authorizationScheme?: string
}
