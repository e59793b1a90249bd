export type { AccountClaims, NameAccount } from './account-name.ts'
export { createOAuthAuthenticator } from './authenticator.ts'
export type { ClientAuthenticationMethod } from './client-authentication-method.ts'
export type { EndSessionRequest } from './end-session.ts'
export { createEndSessionUrl } from './end-session.ts'
export type { OAuthFlow } from './flows.ts'
export type { JwtBearerOptions } from './jwt-bearer-options.ts'
export type { OAuthAuthenticatorOptions, OAuthTokenType, TokenExchange } from './options.ts'
export type { ProfileSource } from './profile.ts'
export type { ProviderQuirks } from './quirks.ts'
export { oauthBearer, xoauth2 } from './sasl.ts'
export { createSecretAuthenticator } from './secret-authenticator.ts'
export type {
  ExchangeServices,
  SecretAccount,
  SecretAuthenticatorOptions,
  TypedCredentials,
} from './secret-options.ts'
export type { ServerMetadata } from './server-metadata.ts'
export type { SignInOptions } from './sign-in-options.ts'
export type { SigningKey } from './signing-key.ts'
export type { TokenResponseQuirks } from './token-response.ts'
