export type { ExposedAccounts } from '../bridge/exposed-accounts.ts'
export type { ExposeOptions, PreloadElectron, PreloadProcess } from './expose-accounts.ts'
export { exposeAccounts } from './expose-accounts.ts'
