import type { OperationStore, ServiceRecord, TargetRecord } from '../operation-store.ts'
import { createOperation } from '../queue/operation-factory.ts'
import { dropOperation, enqueue, isMasterOn, waitingState } from '../queue/queue.ts'
import { canRunPeriodically, type Syncable, switchedOff } from '../queue/readiness.ts'
import {
  dueAtOf,
  has,
  IGNORE_BACKOFF,
  IGNORE_SETTINGS,
  INITIALIZE,
  isWaiting,
  type OperationRecord,
  type SyncFlags,
  type SyncReason,
} from '../queue/sync-operation.ts'

/**
 * Makes sure that the run which finds out whether a target can be synchronised is queued. Inside a write.
 *
 * @param request The flags of a request that waits for it: where a person insists, it waits for nothing either.
 */
export function ensureInitialization(
  store: OperationStore,
  service: ServiceRecord,
  target: TargetRecord,
  now: number,
  { reason = 'accounts-updated', request = 0 }: { reason?: SyncReason; request?: SyncFlags } = {},
): { operation: OperationRecord; isNew: boolean } {
  const flags = INITIALIZE | (request & (IGNORE_BACKOFF | IGNORE_SETTINGS))
  const known = store.operations.listOf(target.id).find((operation) => has(operation.flags, INITIALIZE))
  if (known !== undefined) {
    if (!isWaiting(known) || (known.flags | flags) === known.flags) return { operation: known, isNew: false }
    const urged = { ...known, flags: known.flags | flags }
    const operation = { ...urged, state: waitingState(urged, target), dueAt: dueAtOf(urged, target) }
    store.operations.save(operation)
    return { operation, isNew: false }
  }
  const initialize = createOperation(target, service, { flags, reason }, now, store.owner)
  return { operation: enqueue(store, target, initialize).operation, isNew: true }
}

/** What becoming syncable, or not, did to the operations that waited for it. */
export interface SyncableChange {
  readonly target: TargetRecord
  readonly queued: OperationRecord[]
  readonly dropped: { operation: OperationRecord; why: string }[]
}

/**
 * Sets the state of a target, and lets go or drops what waited for it. Inside a write.
 *
 * Becoming syncable asks for a first sync, where nothing is waiting and the switches are on. (SyncStorageEngine.setIsSyncable)
 */
export function changeSyncable(
  store: OperationStore,
  service: ServiceRecord,
  before: TargetRecord,
  syncable: Syncable,
  now: number,
): SyncableChange {
  const target = { ...before, syncable }
  store.targets.save(target)
  const master = isMasterOn(store)
  store.periodics.armOf(target.id, canRunPeriodically({ ...target, master }))
  const change: SyncableChange = { target, queued: [], dropped: [] }
  for (const operation of store.operations.listOf(target.id)) {
    if (!isWaiting(operation)) continue
    settleWaiting(store, operation, { target, master, now }, change)
  }
  if (
    syncable > 0 &&
    change.queued.length === 0 &&
    switchedOff({ ...target, master, ignoreSettings: false }) === undefined
  ) {
    const first = createOperation(target, service, { reason: 'is-syncable' }, now, store.owner)
    change.queued.push(enqueue(store, target, first).operation)
  }
  return change
}

function settleWaiting(
  store: OperationStore,
  operation: OperationRecord,
  facts: { target: TargetRecord; master: boolean; now: number },
  change: SyncableChange,
): void {
  const { target, master, now } = facts
  const initialize = has(operation.flags, INITIALIZE)
  const ignoreSettings = has(operation.flags, IGNORE_SETTINGS)
  const why =
    target.syncable === 0
      ? 'not-syncable'
      : initialize || target.syncable < 0
        ? undefined
        : switchedOff({ auto: target.auto, master, ignoreSettings })
  if (why !== undefined) {
    dropOperation(store, operation, why, now)
    change.dropped.push({ operation, why })
  } else if (target.syncable > 0 && initialize) {
    dropOperation(store, operation, 'initialized', now)
    change.dropped.push({ operation, why: 'initialized' })
  } else if (target.syncable > 0 && operation.state === 'held') {
    const queued = { ...operation, state: 'queued' as const }
    store.operations.save(queued)
    change.queued.push(queued)
  } else if (target.syncable < 0 && operation.state === 'queued' && !initialize) {
    store.operations.save({ ...operation, state: 'held' })
  }
}

/** Ends what waited for an initialisation that will not come. Inside a write. */
export function dropHeld(store: OperationStore, target: TargetRecord, why: string, now: number): OperationRecord[] {
  const held = store.operations.listOf(target.id).filter((operation) => operation.state === 'held')
  for (const operation of held) dropOperation(store, operation, why, now)
  return held
}
