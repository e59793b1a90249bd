import type { Account } from '@accountry/accounts'
import { announceDropped, announceQueued } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import type { ServiceRecord, TargetRecord } from '../operation-store.ts'
import { ensureInitialization } from '../periodic/initialization.ts'
import type { CheckedRequest, DropReason, SyncHandle } from '../sync-request.ts'
import { accountIdOf } from '../sync-request.ts'
import { droppedHandle, droppedOutcome, groupHandle, parkedOutcome } from './handles.ts'
import { createOperation } from './operation-factory.ts'
import { enqueueBeside, ensureTarget, isMasterOn } from './queue.ts'
import { refusalBySettings } from './readiness.ts'
import { has, IGNORE_SETTINGS, type OperationRecord, UPLOAD } from './sync-operation.ts'

/** A request for one target, on its way into the store. */
interface Submission {
  /** Of the operation that it follows: its own, or that of one with the same key. */
  readonly id: string
  readonly isNew: boolean
  readonly account: Account
  readonly authority: string
  readonly request: CheckedRequest
  /** What the store said when it was submitted. */
  readonly target: TargetRecord | undefined
  readonly waiting: OperationRecord | undefined
  /** Monotonic, because the wall clock may be set before it is stored. */
  readonly submittedAt: number
}

/** What the submissions of one tick have in common. */
class Tick {
  readonly submissions: Submission[] = []
  /** Ids of submissions, by target and key. */
  readonly submitted = new Map<string, string>()
  readonly master: boolean
  /** Under which what the submissions read from the store still holds. */
  readonly version: string
  /** Operations that were stored for this tick, by id. */
  readonly stored = new Map<string, OperationRecord>()

  constructor(engine: Engine) {
    this.master = isMasterOn(engine.store)
    this.version = engine.storeVersion()
  }
}

/**
 * Takes requests. What becomes of one is decided at once, from what is stored and what this tick has asked for already;
 * all requests of one tick are then stored in one transaction, in which the decision is made again if anybody wrote
 * meanwhile.
 */
export class Intake {
  readonly #engine: Engine
  #tick: Tick | undefined
  #issued = 0
  /** The operations behind handles that stand for several. */
  readonly #groups = new Map<string, readonly string[]>()
  #flushing: Promise<void> | undefined
  #lastFlush: Promise<void> = Promise.resolve()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  submit(request: CheckedRequest): SyncHandle {
    const targets = this.#targetsOf(request)
    if (typeof targets === 'string') return this.#dropWhole(request, targets)
    return this.#grouped(targets.map(({ account, authority }) => this.#submitOne(request, account, authority)))
  }

  /** Nothing matches the request. Where it names an account and an authority, listeners hear of it as of other refusals. */
  #dropWhole(request: CheckedRequest, why: DropReason): SyncHandle {
    const id = crypto.randomUUID()
    const account = request.account === undefined ? undefined : this.#engine.roster.get(accountIdOf(request.account))
    if (account === undefined || request.authority === undefined) return droppedHandle(id, why)
    return this.#drop(request, account, request.authority, id, why)
  }

  /** Several requests behind one handle. */
  submitAll(requests: readonly CheckedRequest[]): SyncHandle {
    return this.#grouped(requests.map((request) => this.submit(request)))
  }

  #grouped(handles: readonly SyncHandle[]): SyncHandle {
    const [first] = handles
    if (handles.length === 1 && first !== undefined) return first
    const id = crypto.randomUUID()
    const group = groupHandle(id, handles)
    this.#groups.set(
      id,
      handles.flatMap((handle) => this.membersOf(handle.id)),
    )
    void group.done.then(() => this.#groups.delete(id))
    return group
  }

  /**
   * Ids that grow, so that what is stored together lies together: with random ones a thousand requests would touch a
   * thousand pages. The owner's random id keeps those of different processes apart.
   */
  #nextId(): string {
    return `${this.#engine.store.owner}-${String(this.#issued++).padStart(9, '0')}`
  }

  /** The operations that the id of a handle stands for. */
  membersOf(id: string): readonly string[] {
    return this.#groups.get(id) ?? [id]
  }

  /** Whether something is on its way into the store. */
  get hasWork(): boolean {
    return this.#tick !== undefined
  }

  /** Resolves when everything submitted so far is stored, or has failed. */
  async settled(): Promise<void> {
    await this.#flushing?.catch(() => undefined)
    await this.#lastFlush.catch(() => undefined)
  }

  #targetsOf(request: CheckedRequest): { account: Account; authority: string }[] | DropReason {
    const accounts = this.#accountsOf(request)
    if (accounts.length === 0) return 'no-account'
    const targets = accounts.flatMap((account) =>
      this.#authoritiesOf(account.type, request.authority).map((authority) => ({ account, authority })),
    )
    return targets.length > 0 ? targets : 'no-adapter'
  }

  #accountsOf(request: CheckedRequest): Account[] {
    if (request.account === undefined) return [...this.#engine.roster.all()]
    const account = this.#engine.roster.get(accountIdOf(request.account))
    return account === undefined ? [] : [account]
  }

  #authoritiesOf(accountType: string, authority: string | undefined): string[] {
    const { adapters, store } = this.#engine
    if (authority !== undefined) {
      const isKnown =
        adapters.find(accountType, authority) !== undefined || adapters.service(accountType, authority)?.registered
      return isKnown ? [authority] : []
    }
    const stored = store.services.list().filter((service) => service.registered)
    const all = [...adapters.list(), ...stored].filter((service) => service.accountType === accountType)
    return [...new Set(all.map((service) => service.authority))]
  }

  #submitOne(request: CheckedRequest, account: Account, authority: string): SyncHandle {
    const { store, clock, handles } = this.#engine
    this.#tick ??= new Tick(this.#engine)
    const { submitted, submissions } = this.#tick
    const found = store.targets.findForRequest(account.id, authority)
    const target = found?.target
    const refusal = this.#refusal(request, account, authority, target)
    const ownId = this.#nextId()
    if (refusal !== undefined) return this.#drop(request, account, authority, ownId, refusal)
    const key = `${account.id}\n${authority}\n${request.flags}:${request.extras}`
    const sameTick = submitted.get(key)
    const waiting =
      sameTick === undefined && found?.hasWaiting
        ? store.operations.findWaiting(found.target.id, request.flags, request.extras)
        : undefined
    const id = sameTick ?? waiting?.id ?? ownId
    const isNew = id === ownId
    submitted.set(key, id)
    submissions.push({ id, isNew, account, authority, request, target, waiting, submittedAt: clock.monotonic() })
    const done = handles.follow(id)
    return { id, outcome: isNew ? 'accepted' : 'merged', accepted: this.#flushSoon(), done }
  }

  #refusal(
    request: CheckedRequest,
    account: Account,
    authority: string,
    target: TargetRecord | undefined,
  ): DropReason | undefined {
    const { adapters, store } = this.#engine
    const adapter = adapters.find(account.type, authority)
    if (has(request.flags, UPLOAD)) {
      const supports = adapter === undefined ? adapters.service(account.type, authority)?.supportsUploading : true
      if (supports === false || adapter?.supportsUploading === false) return 'upload-unsupported'
    }
    const fresh = adapter?.isAlwaysSyncable && !adapter.onUnsyncableAccount ? 1 : -1
    return refusalBySettings({
      syncable: target?.syncable ?? fresh,
      auto: target?.auto ?? adapter?.defaults?.syncAutomatically ?? false,
      master: this.#tick?.master ?? isMasterOn(store),
      ignoreSettings: has(request.flags, IGNORE_SETTINGS),
    })
  }

  #drop(request: CheckedRequest, account: Account, authority: string, id: string, why: DropReason): SyncHandle {
    announceDropped(this.#engine, { account, authority, id, reason: request.reason, attempt: 0 }, 'none', why)
    return droppedHandle(id, why)
  }

  #flushSoon(): Promise<void> {
    if (this.#flushing === undefined) {
      // The end of this tick: a microtask, so that no other event of the process comes in between.
      this.#flushing = Promise.resolve().then(() => this.#flush())
      this.#flushing.catch(() => undefined)
    }
    return this.#flushing
  }

  async #flush(): Promise<void> {
    const tick = this.#tick
    this.#lastFlush = this.#flushing ?? this.#lastFlush
    this.#tick = undefined
    this.#flushing = undefined
    if (tick === undefined) return
    const { store, adapters, handles } = this.#engine
    try {
      const queued = await store.write(() => {
        tick.stored.clear()
        // Adapters may be newer than the store knows; their accounts are welcomed later, in their own time.
        const isFresh = adapters.storeServices().length === 0 && tick.version === this.#engine.storeVersion()
        return tick.submissions.map((submission) => this.#store(submission, tick, isFresh))
      })
      for (const entry of queued) this.#announce(entry)
    } catch (error) {
      for (const { id, isNew } of tick.submissions) if (isNew) handles.settle(id, droppedOutcome('storage-error'))
      throw error
    }
    this.#engine.wake()
  }

  #announce(entry: QueuedEntry): void {
    const { operation } = entry
    announceQueued(this.#engine, entry)
    if (operation.state === 'parked') this.#engine.handles.settle(operation.id, parkedOutcome(operation))
  }

  /** Stores one submission. Inside a write. */
  #store(submission: Submission, tick: Tick, isFresh: boolean): QueuedEntry {
    const { store, handles, clock } = this.#engine
    const { account, authority, request, id, submittedAt } = submission
    const at = clock.now() - (clock.monotonic() - submittedAt)
    const service = this.#serviceOf(account.type, authority)
    const known = isFresh ? submission.target : undefined
    const target = known ?? ensureTarget(store, service, account, at).target
    const { flags, extras, expedited, reason, source } = request
    const waiting =
      tick.stored.get(id) ??
      (known !== undefined ? submission.waiting : store.operations.findWaiting(target.id, flags, extras))
    // The one that it was to be merged with may have begun since: then this is a run of its own, with an id of its own.
    const ownId = waiting === undefined && !submission.isNew ? crypto.randomUUID() : id
    const draft = { id: ownId, extras, flags, expedited, reason, source, notBeforeAt: at + request.notBeforeMs }
    const fresh = createOperation(target, service, draft, at, store.owner)
    const { operation, merged } = enqueueBeside(store, target, fresh, waiting)
    tick.stored.set(id, operation)
    if (operation.id !== id) handles.merge(id, operation.id)
    if (operation.state === 'held') ensureInitialization(store, service, target, at, { request: flags })
    return { operation, merged, account, authority }
  }

  #serviceOf(accountType: string, authority: string): ServiceRecord {
    const service = this.#engine.adapters.service(accountType, authority)
    if (service === undefined) throw new Error(`the service ${authority} of ${accountType} is not stored`)
    return service
  }
}

/** A request that was stored. */
export interface QueuedEntry {
  readonly operation: OperationRecord
  readonly merged: boolean
  readonly account: Account
  readonly authority: string
}
