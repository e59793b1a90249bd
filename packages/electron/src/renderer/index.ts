export { AccountError, isAccountError } from '@accountry/accounts/contract'
export type {
  AccountInfoQuery,
  AccountTypeInfo,
  ExposedToken,
  SyncQuery,
  SyncReceipt,
  VaultHealthInfo,
} from '../bridge/calls.ts'
export type { BridgeEvent, BridgeEvents } from '../bridge/events.ts'
export type { ExposedAccounts } from '../bridge/exposed-accounts.ts'
export type { AddAccountOptions, ClientOptions, SignInAgainOptions } from './accounts-client.ts'
export { AccountsClient, createAccountsClient } from './accounts-client.ts'
export type { SyncScope, SyncWish } from './sync-client.ts'
export { SyncClient } from './sync-client.ts'
