import { EMPTY_STATUS } from '../answers/status.ts'
import type { OperationStore, ServiceRecord, TargetRecord } from '../operation-store.ts'
import { defaultFlexMs, firstDueAt } from '../periodic/periodic.ts'
import { NO_BACKOFF } from '../run/backoff.ts'
import { droppedOutcome } from './handles.ts'
import { canRunPeriodically } from './readiness.ts'
import type { OperationRecord } from './sync-operation.ts'
import {
  dueAtOf,
  has,
  IGNORE_BACKOFF,
  IGNORE_SETTINGS,
  INITIALIZE,
  isWaiting,
  mergeOperations,
  type OperationState,
} from './sync-operation.ts'

/** Where the engine-wide switch, the install offset and the like are kept. */
export const META_MASTER = 'master'
export const META_OFFSET = 'offset'

export function isMasterOn(store: OperationStore): boolean {
  return store.getMeta(META_MASTER) !== 'off'
}

/** What an operation has to wait for before it can be queued. */
export function waitingState(operation: Pick<OperationRecord, 'flags'>, target: TargetRecord): OperationState {
  // A person who asks, asks now: a parked target is tried once more for them.
  const insists = has(operation.flags, IGNORE_SETTINGS) && has(operation.flags, IGNORE_BACKOFF)
  if (target.parkedAt !== undefined && !insists) return 'parked'
  return target.syncable < 0 && !has(operation.flags, INITIALIZE) ? 'held' : 'queued'
}

/**
 * Queues an operation, or merges it with the one that is queued already. Inside a write.
 *
 * A running operation with the same key does not count: what changed since it began needs one more run.
 */
export function enqueue(
  store: OperationStore,
  target: TargetRecord,
  incoming: OperationRecord,
): { operation: OperationRecord; merged: boolean } {
  return enqueueBeside(
    store,
    target,
    incoming,
    store.operations.findWaiting(target.id, incoming.flags, incoming.extras),
  )
}

/** As {@link enqueue}, when it is known which operation with the same key waits, or that none does. */
export function enqueueBeside(
  store: OperationStore,
  target: TargetRecord,
  incoming: OperationRecord,
  waiting: OperationRecord | undefined,
): { operation: OperationRecord; merged: boolean } {
  const dueAt = dueAtOf(incoming, target)
  const placed = { ...incoming, state: waitingState(incoming, target), dueAt, waitingSince: dueAt }
  if (waiting === undefined) {
    store.operations.insert(placed)
    return { operation: placed, merged: false }
  }
  const merged = mergeOperations(waiting, placed)
  const operation = { ...merged, dueAt: dueAtOf(merged, target) }
  store.operations.save(operation)
  return { operation, merged: true }
}

/** Computes the due instants of a target's waiting operations anew, after its waits changed. Inside a write. */
export function rescheduleTarget(store: OperationStore, target: TargetRecord): void {
  for (const operation of store.operations.listOf(target.id)) {
    if (!isWaiting(operation)) continue
    const dueAt = dueAtOf(operation, target)
    if (dueAt !== operation.dueAt) store.operations.save({ ...operation, dueAt, waitingSince: dueAt })
  }
}

/**
 * The target, made with the defaults of its service when it is new. Inside a write.
 *
 * Defaults are written once, here; a later choice of the person is never overwritten.
 */
export function ensureTarget(
  store: OperationStore,
  service: ServiceRecord,
  account: { id: string; type: string },
  now: number,
): { target: TargetRecord; isNew: boolean } {
  const known = store.targets.find(account.id, service.authority)
  if (known !== undefined) return { target: known, isNew: false }
  const target = store.targets.insert({
    service: service.id,
    accountId: account.id,
    accountType: account.type,
    authority: service.authority,
    syncable: service.isAlwaysSyncable && !service.asksReadiness ? 1 : -1,
    auto: service.defaultAuto,
    backoffMs: 0,
    backoffUntilAt: 0,
    delayUntilAt: 0,
    delaySetAt: 0,
    parkedAt: undefined,
    parkedReason: undefined,
    parkedRevision: undefined,
    deletionsHeld: 0,
    cursor: undefined,
    status: EMPTY_STATUS,
    createdAt: now,
  })
  addDefaultPeriodic(store, service, target, now)
  return { target, isNew: true }
}

function addDefaultPeriodic(store: OperationStore, service: ServiceRecord, target: TargetRecord, now: number): void {
  const periodMs = service.defaultPeriodMs
  if (periodMs === undefined) return
  const flexMs = Math.min(service.defaultFlexMs ?? defaultFlexMs(periodMs), periodMs)
  store.periodics.insert({
    target: target.id,
    service: service.id,
    extras: '{}',
    periodMs,
    flexMs,
    dueAt: firstDueAt(now, periodMs, flexMs, installOffset(store)),
    armed: canRunPeriodically({ ...target, master: isMasterOn(store) }),
    createdAt: now,
  })
}

/** In [0, 1), chosen once for this installation: spreads machines that were set up at the same time. */
export function installOffset(store: OperationStore): number {
  return Number(store.getMeta(META_OFFSET) ?? 0)
}

/** Ends an operation without a run, and leaves word for the process that asked for it. Inside a write. */
export function dropOperation(store: OperationStore, operation: OperationRecord, why: string, now: number): void {
  store.operations.delete(operation.id)
  if (operation.requester === store.owner) return
  store.journal.addOutcome(operation.id, JSON.stringify(droppedOutcome(why, operation.attempt)), now)
}

/** Ends every wait after errors. Inside a write. Returns how many there were. */
export function clearBackoffs(store: OperationStore): number {
  const backedOff = store.targets.list({ backedOff: true })
  for (const target of backedOff) {
    const fresh = { ...target, ...NO_BACKOFF }
    store.targets.save(fresh)
    rescheduleTarget(store, fresh)
  }
  return backedOff.length
}
