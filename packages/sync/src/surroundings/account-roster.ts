import type { Account, AccountEvent } from '@accountry/accounts'
import type { SyncAccounts } from '../sync-accounts.ts'

/** What happened to the accounts, as the engine cares. */
export interface RosterListener {
  added(account: Account): void
  removed(account: Account): void
  /** Credential or state changed, or the account recovered: parked targets may go on. */
  changed(account: Account, recovered: boolean): void
  /** The vault was unlocked: what failed because it was locked may try at once. */
  unlocked(): void
}

/**
 * The accounts that this process may see, in memory, so that a request is decided without waiting.
 *
 * Kept by the manager's events. An account that is not here is not for this process to synchronise; whether it is gone
 * is another question, which only its owner or a removal event answers.
 */
export class AccountRoster {
  readonly #accounts: SyncAccounts
  readonly #byId = new Map<string, Account>()
  readonly #listener: RosterListener
  readonly #subscriptions: (() => void)[] = []

  constructor(accounts: SyncAccounts, listener: RosterListener) {
    this.#accounts = accounts
    this.#listener = listener
  }

  /** Subscribes, then reads: an account that comes in between is seen by one of both. */
  async open(): Promise<void> {
    this.#subscribe('account:added', ({ account }) => {
      this.#byId.set(account.id, account)
      this.#listener.added(account)
    })
    this.#subscribe('account:removed', ({ account }) => {
      this.#byId.delete(account.id)
      this.#listener.removed(account)
    })
    this.#subscribe('account:renamed', ({ account }) => this.#byId.set(account.id, account))
    this.#subscribe('account:updated', ({ account }) => this.#listener.changed(account, false))
    this.#subscribe('account:recovered', ({ account }) => this.#listener.changed(account, true))
    this.#subscribe('vault:unlocked', () => this.#listener.unlocked())
    await this.reload()
  }

  /** Reads the accounts anew. Returns those that no event had told of. */
  async reload(): Promise<Account[]> {
    const accounts = await this.#accounts.getAccounts()
    const unknown = accounts.filter(({ id }) => !this.#byId.has(id))
    this.#byId.clear()
    for (const account of accounts) this.#byId.set(account.id, account)
    return unknown
  }

  get(id: string): Account | undefined {
    return this.#byId.get(id)
  }

  all(): IterableIterator<Account> {
    return this.#byId.values()
  }

  ofType(type: string): Account[] {
    return [...this.#byId.values()].filter((account) => account.type === type)
  }

  /** Whether this process may conclude that an account of this type which it does not see is gone. */
  seesAllOf(type: string): boolean {
    return this.#accounts.getAuthenticatorTypes().some((description) => description.type === type)
  }

  close(): void {
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe()
  }

  #subscribe(event: Parameters<SyncAccounts['on']>[0], listener: (event: AccountEvent) => void): void {
    const relay = listener as (...args: unknown[]) => void
    this.#accounts.on(event, relay)
    this.#subscriptions.push(() => this.#accounts.off(event, relay))
  }
}
