export type { FirebaseOptions } from '@accountry/oauth/providers/firebase'
export { firebase } from '@accountry/oauth/providers/firebase'
