import type { Account } from '@accountry/accounts'
import { announceQueued } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import type { OperationStore, TargetRecord } from '../operation-store.ts'
import { parkedOutcome } from '../queue/handles.ts'
import { createOperation } from '../queue/operation-factory.ts'
import { enqueue, isMasterOn, waitingState } from '../queue/queue.ts'
import { refusalBySettings } from '../queue/readiness.ts'
import type { OperationRecord } from '../queue/sync-operation.ts'
import { NO_BACKOFF } from './backoff.ts'

/** Parked because another app has not allowed this one to use the account. */
export const ACCESS_REQUIRED = 'access-required'

/** The fields of a target that is not parked. */
export const UNPARKED = { parkedAt: undefined, parkedReason: undefined, parkedRevision: undefined } as const

/** Why somebody looks whether parked targets may go on. */
export type UnparkOccasion = 'recovered' | 'changed' | 'start'

/** The target with the mark that only a change of the account's credential takes away. */
export function parkTarget(
  target: TargetRecord,
  reason: string,
  revision: number | undefined,
  now: number,
): TargetRecord {
  return { ...target, parkedAt: now, parkedReason: reason, parkedRevision: revision }
}

/**
 * Keeps what else waits for a target that was just parked, so that it does not meet the same refusal one by one. What a
 * person insists on is tried. Inside a write. Returns what was parked.
 */
export function parkOperations(store: OperationStore, target: TargetRecord, now: number): OperationRecord[] {
  const parked: OperationRecord[] = []
  for (const operation of store.operations.listOf(target.id)) {
    if (operation.state !== 'queued' && operation.state !== 'held') continue
    // What is held waits for an initialisation, and that has just been refused.
    if (operation.state === 'queued' && waitingState(operation, target) !== 'parked') continue
    const waiting = { ...operation, state: 'parked' as const }
    store.operations.save(waiting)
    if (operation.requester !== store.owner) {
      store.journal.addOutcome(operation.id, JSON.stringify(parkedOutcome(operation)), now)
    }
    parked.push(waiting)
  }
  return parked
}

/**
 * Lets the parked targets of an account go on, when its credential is another one than when they were parked or the
 * account recovered. Each runs once: what was parked, or a sync without extras where nothing was.
 */
export async function unparkAccount(engine: Engine, account: Account, occasion: UnparkOccasion): Promise<void> {
  const { store } = engine
  const parked = store.targets.list({ accountId: account.id, parked: true })
  if (parked.length === 0) return
  const info = await engine.accounts.getAccountInfo(account).catch(() => undefined)
  if (info === undefined) return
  const isOver = (target: TargetRecord): boolean =>
    occasion === 'recovered' ||
    target.parkedRevision !== info.credentialRevision ||
    // Nobody announces that access was allowed, so it is tried again at each start.
    (occasion === 'start' && target.parkedReason === ACCESS_REQUIRED)
  if (!parked.some(isOver)) return
  const released = await store.write(() => {
    const targets = store.targets.list({ accountId: account.id, parked: true }).filter(isOver)
    return targets.map((target) => ({ target, operations: release(engine, target) }))
  })
  for (const { target, operations } of released) {
    const place = { account, authority: target.authority }
    engine.events.emit('sync:unparked', { at: engine.clock.now(), ...place })
    if (target.backoffUntilAt > 0) {
      engine.events.emit('sync:settings', { at: engine.clock.now(), setting: 'backoff', ...place })
    }
    for (const operation of operations) announceQueued(engine, { operation, merged: false, ...place })
  }
  engine.wake()
}

/** Queues what waited for the account of a target that is parked no more. Inside a write. */
export function releaseOperations(store: OperationStore, target: TargetRecord, now: number): OperationRecord[] {
  const parked = store.operations.listOf(target.id).filter(({ state }) => state === 'parked')
  return parked.map((operation) => {
    store.operations.delete(operation.id)
    return enqueue(store, target, { ...operation, notBeforeAt: now, reason: 'account-recovered' }).operation
  })
}

/** Inside a write. */
function release(engine: Engine, parked: TargetRecord): OperationRecord[] {
  const { store, clock } = engine
  const now = clock.now()
  // The wait after errors was for a credential that is no more.
  const target = { ...parked, ...UNPARKED, ...NO_BACKOFF }
  store.targets.save(target)
  const operations = releaseOperations(store, target, now)
  const service = store.services.get(target.service)
  const wanted = refusalBySettings({ ...target, master: isMasterOn(store), ignoreSettings: false }) === undefined
  if (operations.length === 0 && wanted && service !== undefined && target.syncable > 0) {
    const once = createOperation(target, service, { reason: 'account-recovered' }, now, store.owner)
    operations.push(enqueue(store, target, once).operation)
  }
  return operations
}
