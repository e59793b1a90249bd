import type { NameAccount } from './account-name.ts'
import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import type { OAuthFlow } from './flows.ts'
import type { JwtBearerOptions } from './jwt-bearer-options.ts'
import type { ProviderQuirks } from './quirks.ts'
import type { ServerMetadata } from './server-metadata.ts'
import type { SigningKey } from './signing-key.ts'

/** Turns a token of the account into one for another audience (RFC 8693). */
export interface TokenExchange {
  /** Whom the new token is for. */
  readonly audience?: string
  /** A URN such as `urn:ietf:params:oauth:token-type:access_token`. */
  readonly requestedTokenType?: string
  /** What is exchanged. Default `'access_token'`. */
  readonly subjectToken?: 'access_token' | 'id_token'
  /** The scopes of what is exchanged. Default: all that were granted. */
  readonly subjectScopes?: readonly string[]
  /** Where it is exchanged. Default: the server's token endpoint. Never taken from a server's answer. */
  readonly endpoint?: string
}

/** A purpose for which tokens are issued. */
export interface OAuthTokenType {
  /** What a token of this type may do (RFC 6749 §3.3). */
  readonly scopes: readonly string[]
  /** For which resource server, an absolute URI without fragment (RFC 8707). */
  readonly resource?: string | readonly string[]
  /** Shown when a person is asked to allow an app. Default: the type's name. */
  readonly label?: string
  /** Origins to which a token may be sent, e.g. `https://api.example.com`. */
  readonly origins?: readonly string[]
  /** `'id_token'`: the token handed out is the ID token. Default `'access'`. */
  readonly kind?: 'access' | 'id_token'
  readonly exchange?: TokenExchange
}

/**
 * Everything about a service and a client that {@link createOAuthAuthenticator} needs to know.
 *
 * All of it but {@link OAuthAuthenticatorOptions.accountName} is plain JSON and is kept sealed in the vault, so that
 * the command serves the accounts too.
 */
export interface OAuthAuthenticatorOptions {
  /** The account type, e.g. `com.example`. */
  readonly type: string
  /** The service's name as people know it. */
  readonly label: string
  readonly icon?: string
  /**
   * The issuer exactly as the server spells it; its endpoints are discovered. Either this or
   * {@link OAuthAuthenticatorOptions.metadata}; with both, nothing is fetched.
   */
  readonly issuer?: string
  /** For one metadata document that serves many tenants: how their issuers look, with `{tenantid}` in it. */
  readonly issuerTemplate?: string
  /** The server's endpoints, for services without discovery. */
  readonly metadata?: ServerMetadata
  readonly clientId: string
  /** In an app that people install this is not a secret, and nothing here pretends that it were (RFC 8252 §8.5). */
  readonly clientSecret?: string
  /** The client's own key, for `private_key_jwt` (RFC 7523 §2.2). */
  readonly clientKey?: SigningKey
  /**
   * How the client proves itself at the token endpoint. Default: `private_key_jwt` with a key; with a secret
   * `client_secret_basic`, or `client_secret_post` where the server's metadata does not list the former; else `none`.
   */
  readonly clientAuthentication?: ClientAuthenticationMethod
  /**
   * How a person signs in, in order of preference; the first that can run here is taken. Default `'loopback'`.
   * `'client-credentials'` and `'jwt-bearer'` know no person and stand alone.
   */
  readonly flow?: OAuthFlow | readonly OAuthFlow[]
  /**
   * Where the browser comes back to. On this machine `http://127.0.0.1/…`, `http://[::1]/…` or `http://localhost/…`,
   * without a port any free one; at the app's server `https://…`; in the app `com.example.app:/…`. Default
   * `http://127.0.0.1/callback`.
   */
  readonly redirectUri?: string
  /** The token types. Absent: every name is accepted and means all scopes that were granted at sign-in. */
  readonly tokenTypes?: Readonly<Record<string, OAuthTokenType>>
  /**
   * Scopes asked for at every sign-in beside those of the token types. Default: `openid email profile` and
   * `offline_access`, as far as the server lists them.
   */
  readonly signInScopes?: readonly string[]
  /** Claims that name an account, the first that is there. Default `['email', 'preferred_username', 'sub']`. */
  readonly nameClaims?: readonly string[]
  /** Names an account where {@link OAuthAuthenticatorOptions.nameClaims} cannot say it. */
  readonly accountName?: NameAccount
  /** Sent as `prompt` when a person signs in. Default: `consent` when `offline_access` is asked for, else none. */
  readonly prompt?: string
  /** Sent as `login_hint` when the app gives no name. */
  readonly loginHint?: string
  /** Service-specific parameters of the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /**
   * Tokens bound to a key of the account (RFC 9449). `'prefer'`: where the server offers it; `'require'`: a token
   * that is not bound is refused. Default `'never'`.
   */
  readonly dpop?: 'never' | 'prefer' | 'require'
  /** Whether authorization requests are pushed (RFC 9126). Default: where the server demands it. */
  readonly par?: boolean
  /** For the flow `'jwt-bearer'`. */
  readonly jwtBearer?: JwtBearerOptions
  readonly quirks?: ProviderQuirks
  /**
   * Algorithms accepted for ID tokens. Default: what the server lists, of RS256/384/512, PS256/384/512, ES256/384/512
   * and EdDSA; RS256 when it lists nothing. `HS256` must be named here and needs a client secret.
   */
  readonly idTokenAlgorithms?: readonly string[]
  /** How far a time in an ID token may be off. Default 60 000, at most 300 000. */
  readonly clockToleranceMs?: number
  /** How long a person may take to sign in. Default 600 000. */
  readonly signInTimeoutMs?: number
}
