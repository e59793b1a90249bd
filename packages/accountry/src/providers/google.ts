export type { GoogleOptions } from '@accountry/oauth/providers/google'
export { google, googleData } from '@accountry/oauth/providers/google'
