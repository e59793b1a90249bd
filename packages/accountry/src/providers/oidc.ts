export type { OidcOptions } from '@accountry/oauth/providers/oidc'
export { oidc, oidcData } from '@accountry/oauth/providers/oidc'
