import type { Account } from './account.ts'
import type { AuthToken, IssuedToken } from './auth-token.ts'
import type { Clock } from './clock.ts'
import type { InteractionHandler } from './interaction.ts'
import type { Logger } from './logger.ts'

/** A purpose for which an authenticator issues tokens. */
export interface TokenTypeDescription {
  readonly label?: string
  readonly scopes?: readonly string[]
  readonly resource?: string | readonly string[]
  /** Origins to which a token of this type may be sent, e.g. `https://api.example.com`. */
  readonly origins?: readonly string[]
}

export interface AuthenticatorCapabilities {
  /** Tokens differ by the app that asks: the principal becomes part of the cache key. Default `false`. */
  readonly tokensPerPrincipal?: boolean
  /**
   * `'single'`: issuing an access token ends the one before, so that one token serves every type whose scopes it
   * covers. Default `'independent'`.
   */
  readonly accessTokens?: 'single' | 'independent'
  /** The password is itself the access token, because the service issues no refresh token. Default `false`. */
  readonly passwordIsToken?: boolean
  /** The password is the one that the person types at the service, not a token of limited use. Default `false`. */
  readonly storesPassword?: boolean
}

/**
 * What an authenticator is made of, when it is data: kept sealed in the vault, so that the command can serve its
 * accounts. `kind` names the factory, `options` are plain JSON for it.
 */
export interface AuthenticatorConfiguration {
  readonly kind: string
  readonly options: Readonly<Record<string, unknown>>
}

/** Static facts about an authenticator, read without running any of its code. */
export interface AuthenticatorDescription {
  readonly type: string
  readonly label: string
  readonly icon?: string
  /** The declared token types. Absent: every string is accepted. */
  readonly tokenTypes?: Readonly<Record<string, TokenTypeDescription>>
  readonly capabilities?: AuthenticatorCapabilities
}

export interface AuthenticatorContext {
  /** Absent: nobody can be asked, reject with `ERR_INTERACTION_REQUIRED`. */
  readonly interaction?: InteractionHandler
  /** The app on whose behalf the call is made. */
  readonly principal: string
  /** Aborted at the time limit, when the account is removed and when the manager closes. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** The fetch for all token, metadata and key requests. */
  readonly fetch: typeof fetch
  readonly log: Logger
}

/** To whom an account's credential belongs: it is never sent to another client or server. */
export interface CredentialBinding {
  readonly issuer?: string | undefined
  readonly clientId?: string | undefined
  readonly subject?: string | undefined
}

/** The stored credential of an account. */
export interface Credential extends CredentialBinding {
  /** The long-lived credential: for OAuth the refresh token. */
  readonly password: string | undefined
  readonly userData: Readonly<Record<string, string>>
  /** Sealed fields beside the password, e.g. a DPoP key or the granted scopes. Never user data. */
  readonly fields: Readonly<Record<string, string>>
}

/** What {@link CredentialContext.replaceCredential} changes; a property that is absent stays as it is. */
export interface CredentialUpdate extends CredentialBinding {
  readonly password?: string | undefined
  readonly userData?: Readonly<Record<string, string | undefined>>
  readonly fields?: Readonly<Record<string, string | undefined>>
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface CredentialContext extends AuthenticatorContext {
  readonly credential: Credential
  /**
   * Stores a rotated credential durably. Call it before looking at anything else in the server's answer.
   *
   * One transaction, compare-and-set on the generation that was read under the lease; skipped when nothing changed.
   *
   * @returns `{ durable: false }` when the disk failed: the value stays in memory and saving goes on.
   * @throws AccountError `ERR_ABORTED` (`superseded`) when the account was changed or removed meanwhile: revoke what
   *   was received and return nothing.
   */
  replaceCredential(next: CredentialUpdate): Promise<{ durable: boolean }>
  /**
   * Says that the credential which the service has just refused may have been used by somebody else, because the
   * service replaces it at each use. Unless an answer was lost here, the account then calls for attention
   * (`revoked_or_reused`), whoever asked for the token. Present while a token is issued.
   */
  suspectReuse?(): void
}

export interface AddAccountRequest {
  /** The name the app hopes for, as a login hint. */
  readonly name?: string | undefined
  readonly authTokenType?: string | undefined
  readonly requiredFeatures: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

export interface UpdateCredentialsRequest {
  readonly account: Account
  readonly authTokenType?: string | undefined
  readonly options: Readonly<Record<string, unknown>>
}

/** Everything about a new or re-authenticated account; the manager stores it in one transaction. */
export interface NewAccount extends CredentialBinding {
  readonly name: string
  readonly password?: string | undefined
  readonly userData?: Readonly<Record<string, string>>
  readonly fields?: Readonly<Record<string, string>>
  readonly tokens?: Readonly<Record<string, IssuedToken>>
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface GetAuthTokenRequest {
  readonly account: Account
  readonly authTokenType: AuthTokenTypeSpec
  readonly options: Readonly<Record<string, unknown>>
}

/** A declared name, or ad-hoc scopes. */
export type AuthTokenTypeSpec = string | { readonly scopes: readonly string[]; readonly resource?: string }

export interface AuthorizeRequestRequest {
  readonly token: AuthToken
  readonly method: string
  readonly url: URL
  readonly nonce?: string | undefined
}

export interface StartedSession {
  /** Plain data that the manager seals and hands back to `finishSession`. */
  readonly session: Readonly<Record<string, unknown>>
  readonly url?: URL
  readonly statusToken?: string
  /** The `state` parameter that the answer must carry (RFC 6749 §4.1.2), when there is one. */
  readonly state?: string
}

export interface StartAddAccountSessionRequest {
  readonly redirectUri?: string | undefined
  readonly authTokenType?: string | undefined
  readonly options: Readonly<Record<string, unknown>>
}

export interface StartUpdateCredentialsSessionRequest extends StartAddAccountSessionRequest {
  readonly account: Account
}

export interface FinishSessionRequest {
  readonly session: Readonly<Record<string, unknown>>
  readonly answer: { readonly url?: URL }
  readonly account?: Account | undefined
}

/**
 * The plugin that signs in, issues tokens, confirms and updates credentials for one account type (Android's
 * `AbstractAccountAuthenticator`).
 *
 * Every method takes `(request, context)`. Throw an AccountError to say precisely what went wrong; anything else
 * becomes `ERR_AUTHENTICATOR_FAILED`. The manager brings single flight, time limits, leases and storage.
 */
export interface Authenticator {
  readonly description: AuthenticatorDescription
  /** Absent: only the process that made it can serve its accounts. */
  readonly configuration?: AuthenticatorConfiguration
  addAccount(request: AddAccountRequest, context: AuthenticatorContext): Promise<NewAccount>
  getAuthToken(request: GetAuthTokenRequest, context: CredentialContext): Promise<IssuedToken>
  authorizeRequest?(request: AuthorizeRequestRequest, context: CredentialContext): Promise<Record<string, string>>
  getAuthTokenLabel?(authTokenType: string): string
  updateCredentials?(request: UpdateCredentialsRequest, context: CredentialContext): Promise<NewAccount>
  confirmCredentials?(
    request: { readonly account: Account; readonly password?: string | undefined },
    context: CredentialContext,
  ): Promise<boolean>
  hasFeatures?(
    request: { readonly account: Account; readonly features: readonly string[] },
    context: CredentialContext,
  ): Promise<boolean>
  getAccountRemovalAllowed?(request: { readonly account: Account }, context: CredentialContext): Promise<boolean>
  editProperties?(
    request: { readonly options: Readonly<Record<string, unknown>> },
    context: AuthenticatorContext,
  ): Promise<void>
  startAddAccountSession?(
    request: StartAddAccountSessionRequest,
    context: AuthenticatorContext,
  ): Promise<StartedSession>
  startUpdateCredentialsSession?(
    request: StartUpdateCredentialsSessionRequest,
    context: CredentialContext,
  ): Promise<StartedSession>
  finishSession?(request: FinishSessionRequest, context: AuthenticatorContext): Promise<NewAccount>
  isCredentialsUpdateSuggested?(
    request: { readonly account: Account; readonly statusToken: string },
    context: CredentialContext,
  ): Promise<boolean>
  /** Ends the account's credential at the service, after it was removed here. */
  revoke?(account: Account, context: CredentialContext): Promise<void>
  /**
   * Ends a credential that was renewed while the person changed the account, so that it belongs to nobody. The account
   * lives on: where a revocation would end more than this one credential, nothing is sent.
   */
  discard?(account: Account, context: CredentialContext): Promise<void>
}
