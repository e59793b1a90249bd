export type { ExposedAccounts } from '../bridge/exposed-accounts.ts'
export type { PreloadElectron } from './expose-accounts.ts'
export { exposeAccounts } from './expose-accounts.ts'
