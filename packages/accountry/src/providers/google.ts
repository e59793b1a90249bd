export type { GoogleOptions } from '@accountry/oauth/providers/google'
export { google } from '@accountry/oauth/providers/google'
