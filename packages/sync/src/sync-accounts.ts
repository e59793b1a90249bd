import type { AccountManager } from '@accountry/accounts'

/** What the engine needs of an {@link AccountManager}. */
export type SyncAccounts = Pick<
  AccountManager,
  | 'directory'
  | 'getAccounts'
  | 'getAccount'
  | 'getAccountInfo'
  | 'getAuthToken'
  | 'invalidateAuthToken'
  | 'getAuthenticatorTypes'
  | 'on'
  | 'off'
>
