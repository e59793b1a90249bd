import { announceDropped, factsOf, phaseOf } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import type { TargetRecord } from '../operation-store.ts'
import { rescheduleTarget } from '../queue/queue.ts'
import type { OperationRecord } from '../queue/sync-operation.ts'
import { createSyncStats, type SyncOutcome } from '../sync-result.ts'
import type { Runner } from './runner.ts'

/** What to cancel. */
export interface CancelScope {
  readonly accountId?: string | undefined
  readonly authority?: string | undefined
  readonly ids?: readonly string[] | undefined
  /** Only operations for which this holds. */
  readonly matches?: ((operation: OperationRecord) => boolean) | undefined
}

/**
 * Cancels what is queued and stops what runs, here or in another process. Periodic syncs stay.
 *
 * The target's backoff ends with the last of its operations: whoever cancels starts afresh. (SyncManager.cancelSync)
 *
 * @returns How many operations were canceled.
 */
export async function cancelOperations(engine: Engine, runner: Runner, scope: CancelScope): Promise<number> {
  const { store } = engine
  const { ended, stopped, freed } = await store.write(() => {
    const result: Cancellation = { ended: [], stopped: [], freed: [] }
    for (const target of targetsOf(engine, scope)) cancelTarget(engine, target, scope, result)
    return result
  })
  for (const { operation, target } of ended) {
    engine.handles.settle(operation.id, canceledOutcome(operation))
    announceDropped(engine, factsOf(engine, operation, target), phaseOf(operation.state), 'canceled')
  }
  for (const target of freed) {
    const { accountId: id, accountType: type, authority } = target
    const account = engine.roster.get(id) ?? { id, type, name: '' }
    engine.events.emit('sync:settings', { at: engine.clock.now(), setting: 'backoff', account, authority })
  }
  for (const operation of stopped) {
    const run = runner.find(operation.id)
    if (run !== undefined) runner.stop(run, { kind: 'canceled', reason: 'canceled' })
  }
  engine.wake()
  return ended.length + stopped.length
}

interface Canceled {
  readonly operation: OperationRecord
  readonly target: TargetRecord
}

interface Cancellation {
  readonly ended: Canceled[]
  readonly stopped: OperationRecord[]
  /** Whose wait after errors ended with it. */
  readonly freed: TargetRecord[]
}

function targetsOf(engine: Engine, { accountId, authority, ids }: CancelScope): TargetRecord[] {
  const { store } = engine
  if (ids !== undefined) {
    const rows = new Set(ids.map((id) => store.operations.get(id)?.target))
    return [...rows].flatMap((row) => (row === undefined ? [] : (store.targets.get(row) ?? [])))
  }
  return store.targets.list({
    ...(accountId !== undefined && { accountId }),
    ...(authority !== undefined && { authority }),
  })
}

/** Inside a write. */
function cancelTarget(engine: Engine, target: TargetRecord, scope: CancelScope, result: Cancellation): void {
  const { store, clock } = engine
  let remain = 0
  for (const operation of store.operations.listOf(target.id)) {
    const isMeant = (scope.ids?.includes(operation.id) ?? true) && (scope.matches?.(operation) ?? true)
    if (!isMeant || operation.state === 'stuck') {
      if (operation.state !== 'stuck') remain++
    } else if (operation.state === 'running') {
      store.operations.save({ ...operation, stop: 'canceled' })
      result.stopped.push(operation)
    } else {
      store.operations.delete(operation.id)
      if (operation.requester !== store.owner) {
        store.journal.addOutcome(operation.id, JSON.stringify(canceledOutcome(operation)), clock.now())
      }
      result.ended.push({ operation, target })
    }
  }
  if (remain > 0 || target.backoffUntilAt === 0) return
  const fresh = { ...target, backoffMs: 0, backoffUntilAt: 0 }
  store.targets.save(fresh)
  rescheduleTarget(store, fresh)
  result.freed.push(fresh)
}

/** How a request ends that nobody wants any more. */
export function canceledOutcome(operation: OperationRecord): SyncOutcome {
  return { outcome: 'canceled', reason: 'canceled', attempts: operation.attempt, stats: createSyncStats() }
}
