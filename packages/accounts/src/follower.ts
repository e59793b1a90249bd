import { performance } from 'node:perf_hooks'
import type { AccountIndex } from './account-index.ts'
import type { AccountEvent } from './account-manager-types.ts'
import { toldOf } from './announcement.ts'
import type { Clock } from './clock.ts'
import type { Events } from './events.ts'
import { differencesOf } from './resync.ts'
import type { RunningCalls } from './running-calls.ts'
import type { Principal, Sight } from './sight.ts'
import { isBusy } from './storage/busy.ts'
import type { TokenCache } from './token-cache.ts'
import type { AccountRecord, AccountRecords } from './vault/account-records.ts'
import type { Change, ChangeEvent } from './vault/change-feed.ts'
import type { Vault } from './vault/vault.ts'

/** How old the last look at the vault may be when something is answered from memory. */
const LOOK_EVERY_MS = 50

/** The changes after which somebody may see another account than before. */
const ABOUT_SIGHT: ReadonlySet<ChangeEvent> = new Set(['account:access', 'account:added', 'account:removed'])

/** What follows the change feed, and what it needs for that. */
export interface Memory {
  readonly vault: Vault
  readonly app: Principal
  readonly clock: Clock
  readonly records: AccountRecords
  readonly index: AccountIndex
  readonly cache: TokenCache
  readonly calls: RunningCalls
  readonly events: Events
  readonly sight: Sight
}

/** Keeps memory and listeners up to date with the change feed, in commit order, whichever process wrote it. */
export class Follower {
  readonly #memory: Memory
  #revision = 0
  #dataVersion = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #following = false

  constructor(memory: Memory) {
    this.#memory = memory
  }

  /** Of the last change that memory has seen. */
  get revision(): number {
    return this.#revision
  }

  /** What this process has just committed: what nobody else came between need not be read again. */
  followOwn(changes: readonly Change[]): void {
    if (!this.#following && changes[0]?.revision === this.#revision + 1) this.#apply(changes)
    this.follow(changes.at(-1)?.revision)
  }

  /** Notices what other processes changed, at most 50 ms late; costs a few microseconds. */
  look(): void {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_EVERY_MS) return
    this.#lookedAt = now
    this.lookNow()
  }

  lookNow(): void {
    try {
      const version = this.#memory.vault.database.dataVersion()
      if (version === this.#dataVersion) return
      this.#memory.vault.keyring.followRotation()
      this.follow()
      // Only now: a look that met a busy database has to be taken again.
      this.#dataVersion = version
    } catch (error) {
      if (!isBusy(error)) throw error
    }
  }

  /**
   * Applies the changes that are new in the feed to memory, then tells the listeners, in order.
   *
   * @param upTo Nothing is looked up when that much is known already. Default: everything.
   */
  follow(upTo: number = Number.POSITIVE_INFINITY): void {
    while (!this.#following && this.#revision < upTo) {
      const changes = this.#newChanges()
      if (changes === undefined) this.#resync()
      else if (changes.length === 0) return
      else this.#apply(changes)
    }
  }

  #apply(changes: readonly Change[]): void {
    this.#following = true
    try {
      this.#revision = changes.at(-1)?.revision ?? this.#revision
      const seen = this.#seenBefore(changes)
      for (const id of new Set(changes.map((change) => change.account))) this.#refresh(id, changes)
      for (const change of changes) this.#announce(change, seen)
    } finally {
      this.#following = false
    }
  }

  /** @returns `undefined` when some of them are not there any more; clocks that jump may leave holes as well. */
  #newChanges(): Change[] | undefined {
    const { feed } = this.#memory.vault
    if (feed.latest === this.#revision) return []
    const changes = feed.after(this.#revision)
    const last = changes.at(-1)?.revision
    return last === this.#revision + changes.length ? changes : undefined
  }

  /** Away for longer than changes are kept: one reload stands for all of them. */
  #resync(): void {
    const before = this.#visible()
    this.reload()
    this.#memory.cache.clear()
    this.#memory.calls.endExcept((account) => this.#memory.index.get(account) !== undefined)
    const at = this.#memory.clock.now()
    const revision = this.#revision
    // What a listener changes in between is told afterwards.
    this.#following = true
    try {
      for (const { event, account } of differencesOf(before, this.#visible())) {
        const detail: AccountEvent = { revision, at, account, source: 'other-process', reason: 'resync' }
        this.#memory.events.emit(event, Object.freeze(detail) as never)
      }
      this.#memory.events.emit('vault:resync', Object.freeze({ revision, at }))
    } finally {
      this.#following = false
    }
  }

  #visible(): Map<string, AccountRecord> {
    const records = [...this.#memory.index.all()].filter((record) => this.#memory.sight.isVisible(record))
    return new Map(records.map((record) => [record.account.id, record]))
  }

  reload(): void {
    this.#revision = this.#memory.vault.feed.latest
    this.#dataVersion = this.#memory.vault.database.dataVersion()
    this.#memory.index.replaceAll(this.#memory.records.all())
    this.#memory.sight.reload()
  }

  #refresh(id: string, changes: readonly Change[]): void {
    // A rotated refresh token or a backoff changes nothing about the tokens that were issued before.
    const last = changes.findLast((change) => change.account === id && change.event !== 'account:state')
    if (last !== undefined) this.#memory.cache.forgetBefore(id, last.revision)
    const record = this.#memory.records.get(id)
    if (record === undefined) {
      this.#memory.index.delete(id)
      this.#memory.calls.endForRemoved(id)
    } else this.#memory.index.set(record)
    if (changes.some((change) => change.account === id && ABOUT_SIGHT.has(change.event))) this.#memory.sight.refresh(id)
  }

  /** The accounts of these changes that this principal could see before them. */
  #seenBefore(changes: readonly Change[]): Set<string> {
    const seen = new Set<string>()
    for (const { account } of changes) {
      const record = this.#memory.index.get(account)
      if (record !== undefined && this.#memory.sight.isVisible(record)) seen.add(account)
    }
    return seen
  }

  #announce(change: Change, seen: Set<string>): void {
    const record = this.#memory.index.get(change.account)
    const told = toldOf(change, seen, { principal: this.#memory.app.id, sight: this.#memory.sight, record })
    if (told === undefined) return
    const { event, reason } = told
    const detail: AccountEvent = Object.freeze({
      revision: change.revision,
      at: change.at,
      account: Object.freeze({ id: change.account, type: change.type, name: change.name }),
      source: this.#memory.vault.feed.isOwn(change) ? 'local' : 'other-process',
      ...(reason !== undefined && { reason }),
    })
    this.#memory.events.emit(event, detail as never)
  }
}
