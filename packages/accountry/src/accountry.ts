import type {
  Account,
  AccountManagerOptions,
  AccountRef,
  AuthTokenTypeSpec,
  KeyProvider,
  ResolveAccountOptions,
} from '@accountry/accounts'
import { AccountManager } from '@accountry/accounts'
import { type AuthorizedFetch, type AuthorizedFetchOptions, createAuthorizedFetch } from '@accountry/http'
import { osKeychain } from '@accountry/keychain'
import { nodeEnvironment, type SyncAdapter, type SyncEnvironment, SyncManager } from '@accountry/sync'
import { checkAccountryOptions } from './open-options.ts'
import { terminalInteraction } from './terminal/terminal-interaction.ts'

export interface AccountryOptions extends Omit<AccountManagerOptions, 'keyProvider'> {
  /** Default: `osKeychain()`, and no other one silently. */
  readonly keyProvider?: KeyProvider | readonly KeyProvider[]
  /** What this process synchronises. With any, the engine starts at once; without, it only answers questions. */
  readonly adapters?: readonly SyncAdapter[]
  /**
   * What the engine knows of network, power and disk. Default: with `adapters` that of the machine (`nodeEnvironment()`),
   * so that syncs wait for the network instead of failing without it.
   */
  readonly environment?: SyncEnvironment
}

/** A person's accounts, their tokens and the synchronisation of their data, opened together. */
export interface Accountry extends AsyncDisposable {
  readonly accounts: AccountManager
  readonly sync: SyncManager
  /** Which account? See {@link AccountManager.resolveAccount}. */
  account(type: string, options?: ResolveAccountOptions): Promise<Account>
  /** A `fetch` whose requests carry a token of the account; see {@link createAuthorizedFetch}. */
  fetch(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options?: Omit<AuthorizedFetchOptions, 'manager' | 'account' | 'authTokenType'>,
  ): AuthorizedFetch
  /** Waits for what is in progress, then lets go of the vault. Calling it again does nothing. */
  close(): Promise<void>
}

/**
 * Opens everything an app needs, with defaults for one that runs in a terminal.
 *
 * - The vault's key is kept in the OS keychain. Where there is none, say which other provider may guard it.
 * - A person is asked in the terminal when stderr is one; otherwise nobody is, and whatever needs a person is
 *   `ERR_INTERACTION_REQUIRED`.
 * - With `adapters`, synchronisation starts, and tokens are renewed ahead of their end (`background`).
 *
 * @example
 * ```ts
 * // Prerequisites
 * let authenticators!: Authenticator[]
 *
 * await using accountry = await openAccountry({ app: { id: 'com.example.agenda' }, authenticators })
 * const account = await accountry.account('com.google', { interaction: 'allow' })
 * const calendar = accountry.fetch(account, 'calendar')
 * ```
 *
 * @throws {@link AccountError} `ERR_VAULT_UNAVAILABLE` when there is no OS keychain and no `keyProvider` was given.
 * @throws {@link AccountError} What {@link AccountManager.open} throws.
 * @throws {@link AccountError} `ERR_AUTHENTICATOR_EXISTS` for two authenticators of one type.
 * @throws TypeError, RangeError for wrong options, before anything is made.
 */
export async function openAccountry(options: AccountryOptions): Promise<Accountry> {
  checkAccountryOptions(options)
  const { adapters = [], environment: given, ...managerOptions } = options
  const environment = given ?? (adapters.length > 0 ? nodeEnvironment() : undefined)
  const interaction = options.interaction ?? (process.stderr.isTTY ? terminalInteraction() : undefined)
  const accounts = await AccountManager.open({
    ...managerOptions,
    keyProvider: options.keyProvider ?? osKeychain(),
    background: options.background ?? adapters.length > 0,
    ...(interaction && { interaction }),
  })
  try {
    const sync = await SyncManager.open({
      accounts,
      adapters,
      ...(environment && { environment }),
      ...(options.clock && { clock: options.clock }),
      ...(options.logger && { logger: options.logger }),
    })
    if (adapters.length > 0) sync.start()
    return new OpenedAccountry(accounts, sync, options.fetch)
  } catch (error) {
    await accounts.close()
    throw error
  }
}

class OpenedAccountry implements Accountry {
  readonly accounts: AccountManager
  readonly sync: SyncManager
  readonly #fetch: typeof fetch | undefined

  constructor(accounts: AccountManager, sync: SyncManager, fetch: typeof globalThis.fetch | undefined) {
    this.accounts = accounts
    this.sync = sync
    this.#fetch = fetch
  }

  account(type: string, options?: ResolveAccountOptions): Promise<Account> {
    return this.accounts.resolveAccount(type, options)
  }

  fetch(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options: Omit<AuthorizedFetchOptions, 'manager' | 'account' | 'authTokenType'> = {},
  ): AuthorizedFetch {
    const fallback = this.#fetch === undefined ? {} : { fetch: this.#fetch }
    return createAuthorizedFetch({ ...fallback, ...options, manager: this.accounts, account, authTokenType })
  }

  async close(): Promise<void> {
    // The engine uses the accounts until its last run has ended; the vault is let go of even if that went wrong.
    try {
      await this.sync.close()
    } finally {
      await this.accounts.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
