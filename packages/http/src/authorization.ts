import type {
  Account,
  AccountErrorChallenge,
  AccountManager,
  AccountRef,
  AuthToken,
  AuthTokenTypeSpec,
  GetAuthTokenOptions,
  TokenTypeDescription,
} from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { assertOriginAllowed, checkedOrigins } from './origins.ts'

/** The part of the AccountManager that authorised requests use. */
export type TokenSource = Pick<
  AccountManager,
  'getAuthToken' | 'invalidateAuthToken' | 'authorizeRequest' | 'getAuthenticatorTypes' | 'getAccount'
>

/** A token that a service rejected twice in a row, freshly issued the second time. */
export interface AuthRejectedEvent {
  readonly account: Account
  readonly authTokenType: string
  readonly origin: string
  readonly status: number
}

export interface AuthorizationOptions {
  readonly manager: TokenSource
  readonly account: AccountRef
  readonly authTokenType: AuthTokenTypeSpec
  /**
   * Where the token may go, e.g. `['https://api.example.com']`. Default: the origins that the authenticator declares
   * for the token type, else the origin of its `resource`. With neither, every request is `ERR_ORIGIN_NOT_ALLOWED`.
   */
  readonly origins?: readonly string[]
  /** Passed on to {@link AccountManager.getAuthToken}. By default nobody is asked anything. */
  readonly tokenOptions?: Pick<GetAuthTokenOptions, 'interaction' | 'minValidityMs' | 'options'>
  /**
   * A request that carries an `Authorization` or `DPoP` header of the caller: `'refuse'` it with a TypeError (default),
   * or `'keep'` the caller's header and send no token with it.
   */
  readonly callerAuthorization?: 'refuse' | 'keep'
  /** Send the body of a redirected request (307, 308) again to another origin. Default `false`. */
  readonly resendBodyAcrossOrigins?: boolean
  /** Go on although `NODE_TLS_REJECT_UNAUTHORIZED=0` turned the check of certificates off. Default `false`. */
  readonly allowInsecureTls?: boolean
  /**
   * Called when the service rejects a fresh token too. The 401 goes to the caller and the account stays as it is:
   * services have bugs, and signing in again would not mend them. What it throws is dropped.
   */
  readonly onAuthRejected?: (event: AuthRejectedEvent) => void
  /** Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** What a proof of possession is made over. */
export interface SignedRequest {
  readonly method: string
  readonly url: URL
  readonly nonce: string | undefined
}

/**
 * Who may send which token where: everything about an authorised request that does not depend on the HTTP client.
 */
export class Authorization {
  readonly #options: AuthorizationOptions
  readonly #givenOrigins: ReadonlySet<string> | undefined
  // Nonces belong to one origin (RFC 9449 section 9); their number is bounded by the allowed origins.
  readonly #nonces = new Map<string, string>()

  constructor(options: AuthorizationOptions, caller: string) {
    this.#options = checkedOptions(options, caller)
    this.#givenOrigins = options.origins === undefined ? undefined : checkedOrigins(options.origins, 'origins')
  }

  get callerAuthorization(): 'refuse' | 'keep' {
    return this.#options.callerAuthorization ?? 'refuse'
  }

  get resendBodyAcrossOrigins(): boolean {
    return this.#options.resendBodyAcrossOrigins ?? false
  }

  /** Throws unless the token may be sent to `url`; to be called before anything is sent or even fetched. */
  async assertAllowed(url: URL): Promise<void> {
    const { manager, account, authTokenType } = this.#options
    this.#assertTls()
    assertOriginAllowed(url, await this.#origins(manager, account, authTokenType), this.#purpose())
  }

  getToken(signal: AbortSignal | undefined): Promise<AuthToken> {
    const { manager, account, authTokenType, tokenOptions } = this.#options
    return manager.getAuthToken(account, authTokenType, { ...tokenOptions, ...(signal && { signal }) })
  }

  invalidate(token: AuthToken): Promise<void> {
    return this.#options.manager.invalidateAuthToken(token)
  }

  /** The headers for one request: a DPoP proof holds for this method and URL only. */
  async headersFor(token: AuthToken, request: SignedRequest): Promise<Record<string, string>> {
    const { method, url, nonce } = request
    const details = { method, url, ...(nonce !== undefined && { nonce }) }
    const headers = await this.#options.manager.authorizeRequest(token, details)
    for (const [name, value] of Object.entries(headers)) assertHeader(name, value, token.account)
    return headers
  }

  /** The last nonce that the service at `url` sent. */
  nonceFor(url: URL): string | undefined {
    return this.#nonces.get(url.origin)
  }

  /** Keeps the nonce of an answer, if it is one, for the next request. */
  rememberNonce(url: URL, nonce: string | undefined): void {
    if (nonce !== undefined && NONCE.test(nonce)) this.#nonces.set(url.origin, nonce)
  }

  announceRejected(token: AuthToken, url: URL, status: number): void {
    const { account, authTokenType } = token
    try {
      this.#options.onAuthRejected?.({ account, authTokenType, origin: url.origin, status })
    } catch {
      // The answer belongs to the caller, whatever becomes of whoever only listens.
    }
  }

  stepUpRequired(token: AuthToken, url: URL, challenge: AccountErrorChallenge): AccountError {
    const { account } = token
    const how = challenge.acrValues === undefined ? '' : ` (${challenge.acrValues.join(' or ')})`
    return new AccountError(
      'ERR_INTERACTION_REQUIRED',
      `${url.origin} wants a stronger or more recent sign-in${how} of ${account.name}. Sign in again with updateCredentials`,
      { reason: 'step_up', account, challenge },
    )
  }

  insufficientScope(token: AuthToken, url: URL, challenge: AccountErrorChallenge): AccountError {
    const { account } = token
    const what = challenge.scopes === undefined ? 'more rights' : `the rights ${challenge.scopes.join(', ')}`
    return new AccountError(
      'ERR_SCOPE_NOT_GRANTED',
      `${url.origin} wants ${what} than ${this.#purpose()} of ${account.name} has. Sign in again and allow them`,
      { reason: 'step_up', account, challenge },
    )
  }

  #purpose(): string {
    const { authTokenType } = this.#options
    return typeof authTokenType === 'string' ? `The "${authTokenType}" token` : 'The token'
  }

  #assertTls(): void {
    const { environment = process.env, allowInsecureTls } = this.#options
    if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || allowInsecureTls === true) return
    throw new AccountError(
      'ERR_TLS',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns the check of certificates off, so anybody on the way could take the token. \
Remove it; a private certificate authority belongs in NODE_EXTRA_CA_CERTS',
      { retryable: false, action: 'contact-developer' },
    )
  }

  async #origins(
    manager: TokenSource,
    ref: AccountRef,
    authTokenType: AuthTokenTypeSpec,
  ): Promise<ReadonlySet<string>> {
    if (this.#givenOrigins !== undefined) return this.#givenOrigins
    if (typeof authTokenType !== 'string') return originsOf({ resource: authTokenType.resource })
    const account = typeof ref === 'string' ? await manager.getAccount(ref) : ref
    if (account === undefined) {
      throw new AccountError('ERR_ACCOUNT_NOT_FOUND', 'There is no account with this id. It may have been removed')
    }
    const description = manager.getAuthenticatorTypes().find(({ type }) => type === account.type)
    const tokenTypes = description?.tokenTypes
    if (tokenTypes === undefined) return originsOf(undefined)
    // Asked first, or a mistyped name would look like an origin that is not allowed.
    if (!Object.hasOwn(tokenTypes, authTokenType)) {
      const declared = Object.keys(tokenTypes).join(', ')
      throw new TypeError(`authTokenType is not one that ${account.type} declares: ${declared}`)
    }
    return originsOf(tokenTypes[authTokenType])
  }
}

// 1*NQCHAR of RFC 9449 section 8.1, with an end: it becomes part of a header.
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** HTTP clients quote a value that they refuse in their error; this one may be a token. */
function assertHeader(name: string, value: unknown, account: Account): void {
  if (HEADER_NAME.test(name) && typeof value === 'string' && HEADER_VALUE.test(value)) return
  throw new AccountError(
    'ERR_INVALID_RESPONSE',
    `The authenticator of ${account.type} made a header that cannot be sent: the token of ${account.name} has \
characters that HTTP does not allow`,
    { account },
  )
}

function originsOf(
  tokenType:
    | (Pick<TokenTypeDescription, 'origins'> & { resource?: string | readonly string[] | undefined })
    | undefined,
): ReadonlySet<string> {
  const urls = tokenType?.origins ?? [tokenType?.resource ?? []].flat()
  return new Set(urls.flatMap((url) => URL.parse(url)?.origin ?? []))
}

function checkedOptions(options: AuthorizationOptions, caller: string): AuthorizationOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}: options must be an object, received ${kindOf(options)}`)
  }
  const { manager, account, authTokenType, callerAuthorization, onAuthRejected } = options
  if (typeof manager?.getAuthToken !== 'function') {
    throw new TypeError(`${caller}: manager must be an AccountManager, received ${kindOf(manager)}`)
  }
  const id: unknown = typeof account === 'object' && account !== null ? account.id : account
  if (typeof id !== 'string' || id === '') {
    throw new TypeError(`${caller}: account must be an Account or an account id, received ${kindOf(account)}`)
  }
  const isAdHoc = typeof authTokenType === 'object' && authTokenType !== null && Array.isArray(authTokenType.scopes)
  if (!isAdHoc && (typeof authTokenType !== 'string' || authTokenType === '')) {
    throw new TypeError(`${caller}: authTokenType must be a name or { scopes }, received ${kindOf(authTokenType)}`)
  }
  if (callerAuthorization !== undefined && callerAuthorization !== 'refuse' && callerAuthorization !== 'keep') {
    throw new TypeError(`${caller}: callerAuthorization must be 'refuse' or 'keep'`)
  }
  if (onAuthRejected !== undefined && typeof onAuthRejected !== 'function') {
    throw new TypeError(`${caller}: onAuthRejected must be a function, received ${kindOf(onAuthRejected)}`)
  }
  return options
}
