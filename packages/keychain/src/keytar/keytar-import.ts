import type { Account, AccountManager, AddAccountExplicitlyOptions } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { checkObject, checkText } from '../arguments.ts'
import { checkKeytar, type Keytar, type KeytarCredential } from './keytar.ts'

/** The account that an entry of the old app becomes. */
export interface KeytarAccount
  extends Pick<AddAccountExplicitlyOptions, 'password' | 'tokens' | 'userData' | 'visibility'> {
  readonly type: string
  readonly name: string
}

export interface KeytarImportOptions {
  /** The manager that the accounts are added to; the authenticators of their types must be registered with it. */
  readonly accounts: Pick<AccountManager, 'addAccountExplicitly' | 'findAccount' | 'getPassword'>
  readonly keytar: Keytar
  /** The service name under which the app kept its entries. */
  readonly service: string
  /**
   * Says which account an entry is, or `undefined` to leave it out. Without a `password` the account gets the entry's.
   * What it throws ends the import.
   */
  map(credential: KeytarCredential): KeytarAccount | undefined | Promise<KeytarAccount | undefined>
  /** Import also what was imported before, for a vault that was lost. Default `false`. */
  readonly again?: boolean
  readonly signal?: AbortSignal
}

/** What became of each entry. Entries are named by keytar's account name. */
export interface KeytarImportResult {
  /** Copied now, read back and found the same. */
  readonly imported: readonly Account[]
  /** There already, with another credential that was left as it is: the person signed in meanwhile. */
  readonly kept: readonly Account[]
  /** Imported by an earlier run. */
  readonly earlier: readonly string[]
  /** Left out by `map`. */
  readonly leftOut: readonly string[]
  /** Refused by the manager, for instance for a name that is no account name. */
  readonly failed: readonly { readonly entry: string; readonly error: Error }[]
}

/**
 * Copies the credentials that an app kept with keytar into accounts.
 *
 * Each entry is copied, read back, and then marked in the keychain, so that a later run passes it over: also when its
 * refresh token was rotated since, or the person removed the account. Nothing is deleted or changed in keytar's
 * entries, and no credential of an account that is there already is replaced. The import can be run at each start.
 *
 * @returns What became of each entry.
 * @throws TypeError for a wrong option.
 * @throws AccountError `ERR_VAULT_LOCKED` while the keychain or the vault is locked, `ERR_VAULT_UNAVAILABLE` without a
 *   keychain, `ERR_STORAGE_WRITE` when a copy cannot be read back, `ERR_ABORTED`. What was imported before stays.
 */
export async function importFromKeytar(options: KeytarImportOptions): Promise<KeytarImportResult> {
  checkOptions(options)
  return await (await import('./keytar-entries.ts')).importEntries(options)
}

function checkOptions(options: unknown): asserts options is KeytarImportOptions {
  checkObject(options, 'options')
  const { accounts, keytar, service, map } = options as Partial<KeytarImportOptions>
  if (typeof accounts?.addAccountExplicitly !== 'function') {
    throw new TypeError(`accounts must be an AccountManager, received ${kindOf(accounts)}`)
  }
  checkKeytar(keytar)
  checkText(service, 'service')
  if (typeof map !== 'function') throw new TypeError(`map must be a function, received ${kindOf(map)}`)
}
