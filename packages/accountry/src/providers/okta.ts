export type { OktaOptions } from '@accountry/oauth/providers/okta'
export { okta, oktaData } from '@accountry/oauth/providers/okta'
