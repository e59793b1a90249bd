import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Account, type AccountRef, accountIdOf } from './account.ts'
import { AccountIndex } from './account-index.ts'
import type { Timeouts } from './account-manager-types.ts'
import type { AuthToken } from './auth-token.ts'
import type { Authenticator } from './authenticator.ts'
import type { Clock } from './clock.ts'
import { AccountError } from './errors.ts'
import { Events } from './events.ts'
import { Follower } from './follower.ts'
import type { InteractionHandler } from './interaction.ts'
import type { Logger } from './logger.ts'
import { RunningCalls } from './running-calls.ts'
import { type Principal, Sight } from './sight.ts'
import { TokenCache } from './token-cache.ts'
import { type AccountRecord, AccountRecords } from './vault/account-records.ts'
import type { Change, NewChange } from './vault/change-feed.ts'
import { lockedError } from './vault/lock-cause.ts'
import { TokenRecords } from './vault/token-records.ts'
import type { Vault } from './vault/vault.ts'

/** What an engine is given; everything that touches the outside is in here. */
export interface EngineOptions {
  readonly vault: Vault
  readonly app: Principal
  readonly clock: Clock
  readonly fetch: typeof fetch
  readonly log: Logger
  readonly timeouts: Timeouts
  readonly interaction: InteractionHandler | undefined
  readonly maxAccounts: number
  /** In [0, 1): spreads retries. */
  readonly random: () => number
}

/**
 * The vault, and what this process remembers of it.
 *
 * Storage is the truth. Every change goes through {@link Engine.commit}, which appends to the change feed in the same
 * transaction; memory and listeners follow the feed, in commit order, whichever process wrote it.
 */
export class Engine {
  readonly vault: Vault
  readonly app: Principal
  readonly clock: Clock
  readonly fetch: typeof fetch
  readonly log: Logger
  readonly timeouts: Timeouts
  readonly interaction: InteractionHandler | undefined
  readonly maxAccounts: number
  readonly random: () => number
  readonly records: AccountRecords
  readonly tokens: TokenRecords
  readonly index: AccountIndex = new AccountIndex()
  readonly cache: TokenCache = new TokenCache()
  readonly calls: RunningCalls = new RunningCalls()
  readonly events: Events
  readonly sight: Sight
  /** Changes on their way to the disk. */
  readonly #writes = new Set<Promise<unknown>>()
  readonly #follower: Follower
  #closed = false

  constructor(options: EngineOptions) {
    this.vault = options.vault
    this.app = options.app
    this.clock = options.clock
    this.fetch = options.fetch
    this.log = options.log
    this.timeouts = options.timeouts
    this.interaction = options.interaction
    this.maxAccounts = options.maxAccounts
    this.random = options.random
    this.records = new AccountRecords(options.vault)
    this.tokens = new TokenRecords(options.vault)
    this.events = new Events(options.log)
    this.sight = new Sight(options.app, options.vault.database)
    this.#follower = new Follower(this)
  }

  get authenticators(): Map<string, Authenticator> {
    return this.sight.authenticators
  }

  /** Reads every account into memory. */
  async load(): Promise<void> {
    await this.vault.database.read(() => this.#follower.reload())
  }

  get revision(): number {
    return this.#follower.revision
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** @throws AccountError `ERR_CLOSED`. */
  checkOpen(): void {
    if (this.#closed) throw new AccountError('ERR_CLOSED', 'this AccountManager is closed; open another one')
  }

  markClosed(): void {
    this.#closed = true
    this.calls.endForClosing()
  }

  /**
   * Changes the vault and announces it. `run` is synchronous, and one transaction.
   *
   * When this resolves the change is durable and this process's listeners have heard of it.
   */
  async commit<T>(run: (announce: (change: NewChange) => void) => T): Promise<T> {
    const { database, keyring, feed } = this.vault
    // What belongs to a key that may come back is left as it is; a vault that is only locked can lose accounts.
    if (keyring.lockCause?.kind === 'lost') throw lockedError(keyring.lockCause)
    let changes: Change[] = []
    const written = database.write(() => {
      changes = []
      this.vault.checkInPlace()
      this.vault.checkFormat()
      return keyring.inTransaction(() => run((change) => changes.push(feed.append(change))))
    })
    this.#writes.add(written)
    try {
      const result = await written
      this.vault.doorbell.ring()
      this.#follower.followOwn(changes)
      return result
    } finally {
      this.#writes.delete(written)
    }
  }

  /** Resolves when every change that was asked for so far is durable and announced, or has failed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writes)
    // Whoever asked for one of them is told before.
    await nextTurn()
  }

  /** Notices what other processes changed, at most 50 ms late; costs a few microseconds. */
  look(): void {
    this.#follower.look()
  }

  lookNow(): void {
    this.#follower.lookNow()
  }

  /** Before anything is answered: notices what others changed, and that this instance was closed. */
  attend(): void {
    this.checkOpen()
    this.lookNow()
  }

  find(ref: AccountRef): AccountRecord | undefined {
    const record = this.index.get(accountIdOf(ref))
    return record !== undefined && this.sight.isVisible(record) ? record : undefined
  }

  /** @throws TypeError; AccountError `ERR_ACCOUNT_NOT_FOUND`. */
  require(ref: AccountRef): AccountRecord {
    const record = this.find(ref)
    if (record !== undefined) return record
    const name = typeof ref === 'object' ? `${ref.name} (${ref.type})` : `with id ${ref}`
    throw new AccountError(
      'ERR_ACCOUNT_NOT_FOUND',
      `there is no account ${name}; it may have been removed. List accounts again`,
    )
  }

  /** @throws AccountError `ERR_AUTHENTICATOR_NOT_FOUND`. */
  authenticatorOf(type: string): Authenticator {
    const authenticator = this.authenticators.get(type)
    if (authenticator !== undefined) return authenticator
    throw new AccountError('ERR_AUTHENTICATOR_NOT_FOUND', `no authenticator is registered for ${type}; register one`, {
      action: 'contact-developer',
    })
  }

  /** @throws also AccountError `ERR_DENIED` (`not_owner`) when this process registered no authenticator for the type. */
  requireOwned(ref: AccountRef, what: string): AccountRecord {
    const record = this.require(ref)
    if (!this.sight.isOwned(record)) this.checkOwner(record.account.type, what)
    return record
  }

  /** The row as it is now, inside a transaction. @throws AccountError `ERR_ACCOUNT_NOT_FOUND`. */
  current(account: Account): AccountRecord {
    const record = this.records.get(account.id)
    if (record !== undefined) return record
    const message = `${account.name} (${account.type}) was removed meanwhile`
    throw new AccountError('ERR_ACCOUNT_NOT_FOUND', message, { account })
  }

  /** Puts a token into memory, unless the vault was locked while it was on its way. */
  remember(key: string, token: AuthToken, obtainedAt: number, revision: number = this.revision): void {
    if (this.vault.keyring.isOpen) this.cache.put(token.account.id, key, { token, obtainedAt, revision })
  }

  /** The account, read again before something is done with it. @throws what {@link Engine.requireOwned} does. */
  owned(ref: AccountRef, what: string): AccountRecord {
    const id = accountIdOf(ref)
    this.attend()
    // Read once: what is checked is what is done.
    return this.requireOwned(id, what)
  }

  checkOwner(type: string, what: string): void {
    if (this.sight.owns(type)) return
    throw new AccountError(
      'ERR_DENIED',
      `${this.app.id} may not ${what} accounts of ${type}: register an authenticator for that type first`,
      { reason: 'not_owner', action: 'contact-developer' },
    )
  }
}
