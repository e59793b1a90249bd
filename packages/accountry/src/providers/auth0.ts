export type { Auth0Options } from '@accountry/oauth/providers/auth0'
export { auth0, auth0Data } from '@accountry/oauth/providers/auth0'
