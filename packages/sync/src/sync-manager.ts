import type { AccountRef } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { PendingSync, SyncExplanation } from './answers/explain.ts'
import { listKnownTargets, type SyncTargetFilter, type SyncTargetInfo } from './answers/known-targets.ts'
import type { HistoryFilter, SyncDayStats, SyncHistoryItem, SyncInfo, SyncStatus } from './answers/questions.ts'
import { checkCount } from './checks.ts'
import type { SyncManagerEvents } from './events.ts'
import { canonicalExtras, type SyncExtras } from './extras.ts'
import type { OpenedEngine } from './opened-engine.ts'
import type { PeriodicSync, PeriodicSyncRequest } from './periodic-sync.ts'
import type { OperationRecord } from './queue/sync-operation.ts'
import type { SyncAdapter, SyncAdapterType } from './sync-adapter.ts'
import { adapterTypeOf } from './sync-adapter.ts'
import type { SyncManagerOptions } from './sync-manager-options.ts'
import type { SyncHandle, SyncRequest, SyncTarget } from './sync-request.ts'
import {
  accountIdOf,
  checkedAccount,
  checkedAuthority,
  checkedObject,
  checkedRequest,
  checkedTarget,
} from './sync-request.ts'

/** What to cancel; nothing set: all. */
export interface CancelRequest {
  readonly account?: AccountRef
  readonly authority?: string
  readonly extras?: SyncExtras
}

/**
 * Decides when the data of each account is synchronised, and runs the adapters that do it (Android's `SyncManager`).
 *
 * Everything that is asked for is stored before it is promised; several processes on one folder share the work, and
 * each operation runs in exactly one of them. This class checks arguments and hands over to the room that does the work.
 */
export class SyncManager implements AsyncDisposable {
  readonly #opened: OpenedEngine

  private constructor(opened: OpenedEngine) {
    this.#opened = opened
  }

  /**
   * Opens the engine. Requests are taken and stored from now on; they are performed after {@link SyncManager.start}.
   *
   * @throws AccountError `ERR_STORAGE_WRITE`, `ERR_VAULT_UNAVAILABLE` when its database cannot be opened.
   */
  static async open(options: SyncManagerOptions): Promise<SyncManager> {
    // The engine is loaded with the first one that is opened: importing the package must cost next to nothing.
    const { openEngine } = await import('./open-engine.ts')
    return new SyncManager(await openEngine(options))
  }

  /** @throws TypeError for what is not an adapter, and for a second one of the same account type and authority. */
  registerAdapter(adapter: SyncAdapter): void {
    this.#opened.registerAdapter(adapter)
  }

  /** The adapters of this process. */
  getSyncAdapterTypes(): SyncAdapterType[] {
    return this.#opened.engine.adapters.list().map(adapterTypeOf)
  }

  /**
   * Everything that is synchronised or could be: every account that this app may see, with every authority for which this
   * or another process registered an adapter. What a settings page lists.
   */
  async getSyncTargets(filter: SyncTargetFilter = {}): Promise<SyncTargetInfo[]> {
    await this.#opened.ready()
    return listKnownTargets(this.#opened.engine, filter)
  }

  /** Begins to perform what is due. Calling it again does nothing. */
  start(): void {
    this.#opened.start()
  }

  /** Ends the runs of this process, which begin anew at the next start here or elsewhere. Resolves when they ended. */
  stop(): Promise<void> {
    return this.#opened.stop()
  }

  /** Stops, and lets go of the database. Requests that are stored stay stored. */
  close(): Promise<void> {
    return this.#opened.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Resolves when nothing runs here and nothing that could run now is due. */
  whenIdle(): Promise<void> {
    return this.#opened.whenIdle()
  }

  /**
   * Asks for a synchronisation. Decided at once and stored at the end of this tick, together with all other requests
   * of the tick.
   *
   * @returns What became of it; `done` tells how it ends.
   * @throws TypeError, RangeError for a wrong request.
   */
  requestSync(request: SyncRequest): SyncHandle {
    this.#opened.checkOpen()
    return this.#opened.intake.submit(checkedRequest(request))
  }

  /**
   * Tells of a local change: what changed is uploaded soon, several changes together. Tell it after the change is
   * committed, once for each commit, and not for what a sync adapter wrote: that would upload it again.
   *
   * @param change Whose data; without an account, that of every account. Of several authorities each uploads once.
   */
  notifyChange(change: { account?: AccountRef; authority: string | readonly string[] }): SyncHandle {
    this.#opened.checkOpen()
    checkedObject(change, 'change')
    const notBeforeMs = this.#opened.localChangeDelayMs
    const { account } = change
    const authorities = Array.isArray(change.authority) ? change.authority : [checkedAuthority(change.authority)]
    if (authorities.length === 0) throw new TypeError('authority must name at least one')
    const requests = [...new Set(authorities)].map((authority) =>
      checkedRequest({ account, authority: checkedAuthority(authority), upload: true, notBeforeMs }, 'local-change'),
    )
    return this.#opened.intake.submitAll(requests)
  }

  /**
   * Tells that a server has news: an expedited sync. For push services, webhooks and the like; `createEventSourceTrigger`
   * and `createWebSocketTrigger` call it. As often as it may be called, at most one run is queued beside the running one.
   */
  notifyPush(news: { account?: AccountRef; authority: string; extras?: SyncExtras }): SyncHandle {
    this.#opened.checkOpen()
    checkedObject(news, 'news')
    checkedAuthority(news.authority)
    return this.#opened.intake.submit(checkedRequest({ ...news, expedited: true }, 'push'))
  }

  /**
   * Cancels queued and running synchronisations and ends the wait after errors. Periodic syncs stay.
   *
   * @param scope An account, an authority, both, neither (all), or the id of a handle. With `extras`: only requests with
   *   these, whatever else they ask for.
   * @returns How many were canceled.
   */
  async cancelSync(scope: CancelRequest | { id: string } = {}): Promise<number> {
    this.#opened.checkOpen()
    checkedObject(scope, 'scope')
    if ('id' in scope) {
      if (typeof scope.id !== 'string') throw new TypeError(`id must be a string, received ${kindOf(scope.id)}`)
      return this.#opened.cancel({ ids: [scope.id] })
    }
    const accountId = scope.account === undefined ? undefined : accountIdOf(checkedAccount(scope.account))
    const authority = scope.authority === undefined ? undefined : checkedAuthority(scope.authority)
    const extras = scope.extras === undefined ? undefined : canonicalExtras(scope.extras)
    const matches = extras === undefined ? undefined : (operation: OperationRecord) => operation.extras === extras
    return this.#opened.cancel({ accountId, authority, matches })
  }

  /** Above 0: yes; 0: no; below 0: not known, an initialisation run finds out. */
  async setIsSyncable(target: SyncTarget, syncable: number): Promise<void> {
    await this.#opened.ready()
    return this.#opened.settings.setSyncable(target, syncable)
  }

  /** 1, 0, or -1 for not known; 0 where no adapter was ever registered. */
  async getIsSyncable(target: SyncTarget): Promise<number> {
    await this.#opened.ready()
    return this.#opened.settings.getSyncable(target)
  }

  /** Switches automatic synchronisation of a target. Switching it on asks for one. */
  async setSyncAutomatically(target: SyncTarget, on: boolean): Promise<void> {
    await this.#opened.ready()
    return this.#opened.settings.setAuto(target, on)
  }

  /** Default: what the adapter's `defaults` say, else `false`. */
  async getSyncAutomatically(target: SyncTarget): Promise<boolean> {
    await this.#opened.ready()
    return this.#opened.settings.getAuto(target)
  }

  /** Switches all automatic synchronisation. Default: on. */
  async setMasterSyncAutomatically(on: boolean): Promise<void> {
    await this.#opened.ready()
    return this.#opened.settings.setMaster(on)
  }

  async getMasterSyncAutomatically(): Promise<boolean> {
    await this.#opened.ready()
    return this.#opened.settings.getMaster()
  }

  /** Synchronises again and again. The same account, authority and extras again: updated, and nothing if it is equal. */
  async addPeriodicSync(request: PeriodicSyncRequest): Promise<void> {
    await this.#opened.ready()
    return this.#opened.periodics.add(request)
  }

  async removePeriodicSync(request: Pick<PeriodicSyncRequest, 'account' | 'authority' | 'extras'>): Promise<void> {
    await this.#opened.ready()
    return this.#opened.periodics.remove(request)
  }

  async getPeriodicSyncs(filter: { account?: AccountRef; authority?: string } = {}): Promise<PeriodicSync[]> {
    await this.#opened.ready()
    return this.#opened.periodics.list(filter)
  }

  /** What is queued, and for each why it does not run now: the whole state of a queue that seems to stand still. */
  async getPendingSyncs(filter: { limit?: number } = {}): Promise<PendingSync[]> {
    checkedObject(filter, 'filter')
    const { limit = 100 } = filter
    checkCount(limit, 'limit', 1)
    await this.#opened.ready()
    return this.#opened.pendingSyncs(limit)
  }

  /** Whether a run of the target is at work, here or in another process. */
  async isSyncActive(target: SyncTarget): Promise<boolean> {
    await this.#opened.ready()
    return this.#opened.questions.isActive(checkedTarget(target))
  }

  /** Whether a run of the target is queued; one that runs or is parked is not. */
  async isSyncPending(target: SyncTarget): Promise<boolean> {
    await this.#opened.ready()
    return this.#opened.questions.isPending(checkedTarget(target))
  }

  /** What runs now, here and in other processes. */
  async getCurrentSyncs(): Promise<SyncInfo[]> {
    await this.#opened.ready()
    return this.#opened.currentSyncs()
  }

  /** `undefined` for a target that was never used. */
  async getSyncStatus(target: SyncTarget): Promise<SyncStatus | undefined> {
    await this.#opened.ready()
    return this.#opened.questions.status(checkedTarget(target))
  }

  /** The last 100 runs, the newest first. */
  async getHistory(filter: HistoryFilter = {}): Promise<SyncHistoryItem[]> {
    await this.#opened.ready()
    return this.#opened.questions.history(filter)
  }

  /** Runs per day, the newest first; 28 days are kept. */
  async getDayStats(): Promise<SyncDayStats[]> {
    await this.#opened.ready()
    return this.#opened.questions.days()
  }

  /** Why a target is not being synchronised now, and when it next may be. */
  async explain(target: SyncTarget): Promise<SyncExplanation> {
    await this.#opened.ready()
    return await this.#opened.explain(checkedTarget(target))
  }

  on<E extends keyof SyncManagerEvents>(event: E, listener: (...args: SyncManagerEvents[E]) => void): this {
    this.#opened.engine.events.on(event, listener)
    return this
  }

  off<E extends keyof SyncManagerEvents>(event: E, listener: (...args: SyncManagerEvents[E]) => void): this {
    this.#opened.engine.events.off(event, listener)
    return this
  }

  once<E extends keyof SyncManagerEvents>(event: E, listener: (...args: SyncManagerEvents[E]) => void): this {
    this.#opened.engine.events.once(event, listener)
    return this
  }
}
