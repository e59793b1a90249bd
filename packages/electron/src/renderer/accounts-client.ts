import type { Account, AccountInfo, AccountRef, RemovalResult } from '@accountry/accounts'
import type { AccountInfoQuery, AccountTypeInfo, ExposedToken, VaultHealthInfo } from '../bridge/calls.ts'
import { API_KEY } from '../bridge/channels.ts'
import { type BridgeEvent, type BridgeEvents, isBridgeEvent } from '../bridge/events.ts'
import type { ExposedAccounts } from '../bridge/exposed-accounts.ts'
import { accountId } from './account-id.ts'
import { bridgeFetch } from './bridge-fetch.ts'
import { BridgeLink } from './bridge-link.ts'
import { SyncClient } from './sync-client.ts'

export interface ClientOptions {
  /** What the preload script exposed. Default: the object on `window`. */
  readonly exposed?: ExposedAccounts
}

export interface SignInAgainOptions {
  readonly authTokenType?: string
  /** Ends the sign-in, as when the person closes the dialog. */
  readonly signal?: AbortSignal
}

export interface AddAccountOptions extends SignInAgainOptions {
  /** The name that is hoped for, as a login hint. */
  readonly name?: string
  /** Default `'update'`. */
  readonly ifExists?: 'update' | 'error'
}

/**
 * The accounts of the app, for a page: the methods of `AccountManager` that a page may have, under their names.
 *
 * Passwords, refresh tokens and keys have no way here. Requests to a service go through the main process
 * ({@link AccountsClient.fetch}). Which calls this page may make, its host decides; others are `ERR_DENIED`.
 */
export class AccountsClient {
  readonly #link: BridgeLink
  /** Synchronisation; `ERR_UNSUPPORTED` where the app has none. */
  readonly sync: SyncClient
  readonly #endings = new Map<BridgeEvent, Map<(event: never) => void, () => void>>()

  constructor(exposed: ExposedAccounts) {
    this.#link = new BridgeLink(exposed)
    this.sync = new SyncClient(this.#link)
  }

  /** Every account, oldest first. @throws AccountError `ERR_LIMIT_EXCEEDED` above 10 000: take pages of infos. */
  getAccounts(): Promise<Account[]> {
    return this.#link.call('getAccounts', undefined)
  }

  /** A page of accounts with their states. */
  getAccountInfos(query: AccountInfoQuery = {}): Promise<AccountInfo[]> {
    return this.#link.call('getAccountInfos', query)
  }

  /** @throws AccountError `ERR_ACCOUNT_NOT_FOUND`. */
  async getAccountInfo(account: AccountRef): Promise<AccountInfo> {
    return await this.#link.call('getAccountInfo', { account: accountId(account) })
  }

  /** The account types of which accounts can be added here. */
  getAccountTypes(): Promise<AccountTypeInfo[]> {
    return this.#link.call('getAccountTypes', undefined)
  }

  getDefaultAccount(type: string): Promise<Account | undefined> {
    return this.#link.call('getDefaultAccount', { type })
  }

  async setDefaultAccount(type: string, account: AccountRef | undefined): Promise<void> {
    await this.#link.call('setDefaultAccount', {
      type,
      ...(account !== undefined && { account: accountId(account) }),
    })
  }

  /**
   * Signs in and adds the account. The person does so in the system's browser, not in this page.
   *
   * @throws AccountError `ERR_DENIED`, `ERR_ABORTED`, `ERR_LIMIT_EXCEEDED` while another sign-in of this page goes on.
   */
  addAccount(type: string, options: AddAccountOptions = {}): Promise<Account> {
    const { signal, ...rest } = options
    return this.#link.call('addAccount', { type, ...rest }, signal)
  }

  /** Signs in again. @throws AccountError `ERR_IDENTITY_MISMATCH` when somebody else did. */
  async updateCredentials(account: AccountRef, options: SignInAgainOptions = {}): Promise<Account> {
    const { signal, ...rest } = options
    return await this.#link.call('updateCredentials', { account: accountId(account), ...rest }, signal)
  }

  /** Asks the person, in the main process, whether the credential is still theirs. */
  async confirmCredentials(account: AccountRef, options: { signal?: AbortSignal } = {}): Promise<boolean> {
    return await this.#link.call('confirmCredentials', { account: accountId(account) }, options.signal)
  }

  async renameAccount(account: AccountRef, newName: string): Promise<Account> {
    return await this.#link.call('renameAccount', { account: accountId(account), name: newName })
  }

  async removeAccount(account: AccountRef, options: { signal?: AbortSignal } = {}): Promise<RemovalResult> {
    return await this.#link.call('removeAccount', { account: accountId(account) }, options.signal)
  }

  /** Asks the keychain again; it may prompt. @returns Whether the vault is unlocked now. */
  unlock(options: { signal?: AbortSignal } = {}): Promise<boolean> {
    return this.#link.call('unlock', undefined, options.signal)
  }

  health(): Promise<VaultHealthInfo> {
    return this.#link.call('getHealth', undefined)
  }

  /**
   * A `fetch` whose requests the main process sends with a token of the account. The token stays there.
   *
   * The answer arrives whole, not as a stream. Only for token types that the host allows; only to the origins that the
   * token type declares. Who aborts it gets the signal's reason.
   *
   * @throws AccountError `ERR_DENIED`, `ERR_ORIGIN_NOT_ALLOWED`, `ERR_LIMIT_EXCEEDED`, `ERR_NETWORK`, and what
   *   `AccountManager.getAuthToken` throws.
   */
  fetch(account: AccountRef, authTokenType: string): typeof fetch {
    return bridgeFetch(this.#link, accountId(account), authTokenType)
  }

  /** The token itself, where the host lets pages have it; else `ERR_DENIED`. Prefer {@link AccountsClient.fetch}. */
  async getAuthToken(account: AccountRef, authTokenType: string): Promise<ExposedToken> {
    return await this.#link.call('getAuthToken', { account: accountId(account), authTokenType })
  }

  /** Opens the app's "Accounts & sync" window. @throws AccountError `ERR_UNSUPPORTED` where it has none. */
  async openSettings(): Promise<void> {
    await this.#link.call('openSettings', undefined)
  }

  /** Hears of an event until {@link AccountsClient.off}, or until the page goes. */
  on<Name extends BridgeEvent>(event: Name, listener: (payload: BridgeEvents[Name]) => void): this {
    if (!isBridgeEvent(event)) throw new TypeError(`event must be one of those of AccountManager or SyncManager`)
    const listeners = this.#endings.get(event) ?? new Map<(event: never) => void, () => void>()
    this.#endings.set(event, listeners)
    if (listeners.has(listener)) return this
    listeners.set(
      listener,
      this.#link.exposed.on(event, (message) => listener(message.payload as BridgeEvents[Name])),
    )
    return this
  }

  off<Name extends BridgeEvent>(event: Name, listener: (payload: BridgeEvents[Name]) => void): this {
    const listeners = this.#endings.get(event)
    listeners?.get(listener)?.()
    listeners?.delete(listener)
    return this
  }
}

/**
 * Makes the client of this page.
 *
 * @throws TypeError when no preload script exposed anything.
 */
export function createAccountsClient(options: ClientOptions = {}): AccountsClient {
  const exposed = options.exposed ?? (globalThis as Readonly<Record<string, unknown>>)[API_KEY]
  if (typeof exposed !== 'object' || exposed === null) {
    throw new TypeError(`window.${API_KEY} is not there: is the preload script of this package set in webPreferences?`)
  }
  return new AccountsClient(exposed as ExposedAccounts)
}
