import type { Account, AccountRef } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { announceDropped, announceQueued, factsOf, phaseOf } from './answers/announce.ts'
import type { Engine } from './engine.ts'
import type { ServiceRecord, TargetRecord } from './operation-store.ts'
import { changeSyncable, ensureInitialization } from './periodic/initialization.ts'
import { createOperation } from './queue/operation-factory.ts'
import { dropOperation, enqueue, ensureTarget, isMasterOn, META_MASTER } from './queue/queue.ts'
import { canRunPeriodically, toSyncable } from './queue/readiness.ts'
import { has, IGNORE_SETTINGS, INITIALIZE, isWaiting, type OperationRecord } from './queue/sync-operation.ts'
import { accountIdOf, checkedTarget, type SyncTarget } from './sync-request.ts'

interface Change {
  readonly queued: { operation: OperationRecord; target: TargetRecord }[]
  readonly dropped: { operation: OperationRecord; target: TargetRecord; why: string }[]
}

/** The switches and states that a person sets, and what changing them starts and ends. */
export class SyncSettings {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  getMaster(): boolean {
    return isMasterOn(this.#engine.store)
  }

  async setMaster(on: boolean): Promise<void> {
    checkSwitch(on, 'on')
    const { store, events, clock } = this.#engine
    const change = await store.write(() => {
      if (isMasterOn(store) === on) return undefined
      store.setMeta(META_MASTER, on ? 'on' : 'off')
      store.periodics.armAll(on)
      const change: Change = { queued: [], dropped: [] }
      if (on) {
        for (const target of store.targets.list({ auto: true })) this.#requestFirst(target, 'master-sync-auto', change)
      } else {
        for (const operation of store.operations.listWaiting()) this.#dropUnwanted(operation, 'master-off', change)
      }
      return change
    })
    if (change === undefined) return
    this.#announce(change)
    events.emit('sync:settings', { at: clock.now(), setting: 'master' })
    this.#engine.wake()
  }

  getAuto(target: SyncTarget): boolean {
    const { account, authority } = checkedTarget(target)
    const stored = this.#engine.store.targets.find(accountIdOf(account), authority)
    return stored?.auto ?? this.#serviceFor(account, authority)?.defaultAuto ?? false
  }

  async setAuto(target: SyncTarget, on: boolean): Promise<void> {
    const { account, authority } = checkedTarget(target)
    checkSwitch(on, 'on')
    await this.#change(account, authority, 'auto', (before) => {
      if (before.auto === on) return undefined
      const { store } = this.#engine
      const after = { ...before, auto: on }
      store.targets.save(after)
      const master = isMasterOn(store)
      store.periodics.armOf(after.id, canRunPeriodically({ ...after, master }))
      const change: Change = { queued: [], dropped: [] }
      if (on) {
        if (master) this.#requestFirst(after, 'auto-sync', change)
      } else {
        for (const operation of store.operations.listOf(after.id)) {
          if (isWaiting(operation)) this.#dropUnwanted(operation, 'auto-sync-off', change)
        }
      }
      return change
    })
  }

  getSyncable(target: SyncTarget): number {
    const { account, authority } = checkedTarget(target)
    const stored = this.#engine.store.targets.find(accountIdOf(account), authority)
    if (stored !== undefined) return stored.syncable
    const service = this.#serviceFor(account, authority)
    if (service?.registered !== true) return 0
    return service.isAlwaysSyncable && !service.asksReadiness ? 1 : -1
  }

  async setSyncable(target: SyncTarget, value: number): Promise<void> {
    const { account, authority } = checkedTarget(target)
    const syncable = toSyncable(value)
    await this.#change(account, authority, 'syncable', (before) => {
      const { store, clock } = this.#engine
      const service = store.services.get(before.service)
      if (before.syncable === syncable || service === undefined) return undefined
      const { target: after, queued, dropped } = changeSyncable(store, service, before, syncable, clock.now())
      return {
        queued: queued.map((operation) => ({ operation, target: after })),
        dropped: dropped.map((entry) => ({ ...entry, target: after })),
      }
    })
  }

  /** Runs a change on the stored target, made when it is new, and announces what it did. `undefined`: nothing changed. */
  async #change(
    account: AccountRef,
    authority: string,
    setting: 'auto' | 'syncable',
    change: (target: TargetRecord) => Change | undefined,
  ): Promise<void> {
    const { store, events, clock } = this.#engine
    const changed = await store.write(() => change(this.ensure(account, authority)))
    if (changed === undefined) return
    this.#announce(changed)
    events.emit('sync:settings', { at: clock.now(), setting, account: this.#accountOf(account), authority })
    this.#engine.wake()
  }

  /** A switch went on: synchronise once, if the target can be. Inside a write. */
  #requestFirst(target: TargetRecord, reason: 'auto-sync' | 'master-sync-auto', change: Change): void {
    const { store, clock } = this.#engine
    const service = store.services.get(target.service)
    if (service?.registered !== true || target.syncable === 0 || target.parkedAt !== undefined) return
    const first = createOperation(target, service, { reason }, clock.now(), store.owner)
    const { operation, merged } = enqueue(store, target, first)
    if (operation.state === 'held') ensureInitialization(store, service, target, clock.now())
    if (!merged) change.queued.push({ operation, target })
  }

  /** A switch went off: what waits for its time has lost its reason. Inside a write. */
  #dropUnwanted(operation: OperationRecord, why: 'auto-sync-off' | 'master-off', change: Change): void {
    const { store, clock } = this.#engine
    if (has(operation.flags, IGNORE_SETTINGS) || has(operation.flags, INITIALIZE)) return
    const target = store.targets.get(operation.target)
    if (target === undefined) return
    dropOperation(store, operation, why, clock.now())
    change.dropped.push({ operation, target, why })
  }

  /** Inside a write. Settings may be made for an account and an authority that are not known yet. */
  ensure(account: AccountRef, authority: string): TargetRecord {
    const { store, clock } = this.#engine
    const { id, type } = this.#accountOf(account)
    const service = this.#serviceFor(account, authority) ?? store.services.put(unregistered(type, authority))
    return ensureTarget(store, service, { id, type }, clock.now()).target
  }

  #serviceFor(account: AccountRef, authority: string): ServiceRecord | undefined {
    return this.#engine.store.services.find(this.#accountOf(account).type, authority)
  }

  #accountOf(account: AccountRef): Account {
    const known = this.#engine.roster.get(accountIdOf(account))
    if (known !== undefined) return known
    return typeof account === 'string' ? { id: account, type: '', name: '' } : account
  }

  #announce({ queued, dropped }: Change): void {
    for (const { operation, target } of queued) {
      announceQueued(this.#engine, { ...factsOf(this.#engine, operation, target), operation, merged: false })
    }
    for (const { operation, target, why } of dropped) {
      announceDropped(this.#engine, factsOf(this.#engine, operation, target), phaseOf(operation.state), why)
    }
  }
}

function checkSwitch(value: unknown, option: string): void {
  if (typeof value !== 'boolean') throw new TypeError(`${option} must be a boolean, received ${kindOf(value)}`)
}

/** A service that settings were made for before any adapter came. */
function unregistered(accountType: string, authority: string): Omit<ServiceRecord, 'id'> {
  return {
    accountType,
    authority,
    network: 'any',
    supportsUploading: true,
    isAlwaysSyncable: false,
    userVisible: true,
    asksReadiness: false,
    registered: false,
    defaultAuto: false,
    defaultPeriodMs: undefined,
    defaultFlexMs: undefined,
  }
}
