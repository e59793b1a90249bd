import type { AccountClaims, NameAccount } from './account-name.ts'
import type { ClientAuthenticationMethod } from './client-authentication.ts'
import type { OAuthFlow } from './flows.ts'
import type { ProviderQuirks } from './quirks.ts'
import type { ServerMetadata } from './server-metadata.ts'

export type { AccountClaims }

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
}

/** Everything about a service and a client that {@link createOAuthAuthenticator} needs to know. */
export interface OAuthAuthenticatorOptions {
  /** The account type, e.g. `com.example`. */
  readonly type: string
  /** The service's name as people know it. */
  readonly label: string
  readonly icon?: string
  /**
   * The issuer exactly as the server spells it; its endpoints are discovered. Either this or
   * {@link OAuthAuthenticatorOptions.metadata}; with both, nothing is fetched and the two must agree.
   */
  readonly issuer?: string
  /** The server's endpoints, for services without discovery. */
  readonly metadata?: ServerMetadata
  readonly clientId: string
  /** In an app that people install this is not a secret, and nothing here pretends that it were (RFC 8252 §8.5). */
  readonly clientSecret?: string
  /**
   * How the client proves itself at the token endpoint. Default: `none` without a secret; with one
   * `client_secret_basic`, or `client_secret_post` where the server's metadata does not list the former.
   */
  readonly clientAuthentication?: ClientAuthenticationMethod
  /** How a person signs in, in order of preference. Default `'loopback'`. */
  readonly flow?: OAuthFlow | readonly OAuthFlow[]
  /**
   * Where the browser comes back to. For `loopback`: `http://127.0.0.1/…`, `http://[::1]/…` or `http://localhost/…`;
   * without a port any free one is used. Default `http://127.0.0.1/callback`.
   */
  readonly redirectUri?: string
  /** The token types. Absent: every name is accepted and means all scopes that were granted at sign-in. */
  readonly tokenTypes?: Readonly<Record<string, OAuthTokenType>>
  /**
   * Scopes asked for at every sign-in beside those of the token types. Default: `openid email profile` and
   * `offline_access`, as far as the server lists them.
   */
  readonly signInScopes?: readonly string[]
  /** Names an account. Default: the claim `email`, else `preferred_username`, else `sub`. */
  readonly accountName?: NameAccount
  /** Sent as `prompt` when a person signs in. Default: `consent` when `offline_access` is asked for, else none. */
  readonly prompt?: string
  /** Sent as `login_hint` when the app gives no name. */
  readonly loginHint?: string
  /** Service-specific parameters of the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
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
