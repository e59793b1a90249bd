import type { Account } from '@accountry/accounts'
import type { Engine } from '../engine.ts'
import type { SyncOperationEvent, SyncOperationPhase } from '../events.ts'
import { droppedOutcome } from '../queue/handles.ts'
import type { OperationRecord, OperationState, SyncReason } from '../queue/sync-operation.ts'

/** What every event about an operation says. */
export interface OperationFacts {
  readonly account: Account
  readonly authority: string
  readonly id: string
  readonly reason: SyncReason
  readonly attempt: number
}

export function phaseOf(state: OperationState): SyncOperationPhase {
  return state === 'running' || state === 'stuck' ? 'active' : state
}

export function operationEvent(
  engine: Engine,
  facts: OperationFacts,
  from: SyncOperationPhase,
  to: SyncOperationPhase,
): SyncOperationEvent {
  const { account, authority, id, reason, attempt } = facts
  return { at: engine.clock.now(), account, authority, id, from, to, reason, attempt }
}

/** The facts of a stored operation; an account that this process no longer sees keeps its id. */
export function factsOf(
  engine: Engine,
  operation: OperationRecord,
  target: { accountId: string; accountType: string; authority: string },
): OperationFacts {
  const { accountId: id, accountType: type, authority } = target
  const account = engine.roster.get(id) ?? { id, type, name: '' }
  return { account, authority, id: operation.id, reason: operation.reason, attempt: operation.attempt }
}

export function announceQueued(
  engine: Engine,
  entry: { operation: OperationRecord; merged: boolean; account: Account; authority: string },
): void {
  if (entry.merged || !engine.events.hasListeners) return
  const { operation, account, authority } = entry
  const facts = { account, authority, id: operation.id, reason: operation.reason, attempt: operation.attempt }
  engine.events.emit('sync:queued', operationEvent(engine, facts, 'none', phaseOf(operation.state)))
}

/** Tells everybody that an operation ends without a run: the listeners, and whoever waits for it. */
export function announceDropped(engine: Engine, facts: OperationFacts, from: SyncOperationPhase, why: string): void {
  engine.handles.settle(facts.id, droppedOutcome(why, facts.attempt))
  engine.events.emit('sync:dropped', { ...operationEvent(engine, facts, from, 'over'), why })
}

export function announceStarted(
  engine: Engine,
  run: { operation: OperationRecord; target: { accountId: string; accountType: string; authority: string } },
): void {
  const facts = factsOf(engine, run.operation, run.target)
  engine.events.emit('sync:started', operationEvent(engine, facts, 'queued', 'active'))
}
