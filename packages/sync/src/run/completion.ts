import { announceDropped, announceQueued, factsOf, operationEvent, phaseOf } from '../answers/announce.ts'
import { type RunOutcome, recordRun } from '../answers/history.ts'
import type { Engine } from '../engine.ts'
import type { TargetRecord } from '../operation-store.ts'
import { changeSyncable, dropHeld, type SyncableChange } from '../periodic/initialization.ts'
import { parkedOutcome } from '../queue/handles.ts'
import { enqueue, rescheduleTarget, waitingState } from '../queue/queue.ts'
import { has, INITIALIZE, mergeOperations, type OperationRecord } from '../queue/sync-operation.ts'
import { hasHardError, madeSomeProgress, type SyncOutcome } from '../sync-result.ts'
import { type ActiveRun, type EndedRun, stuckId } from './active-run.ts'
import { continuationOf, fullSyncOf, type NextRun, nextRun } from './next-run.ts'
import { ACCESS_REQUIRED, parkOperations, parkTarget, releaseOperations, UNPARKED } from './parking.ts'

/** What the write that recorded a run decided, for the announcements after it. */
interface Recorded {
  readonly next: NextRun
  readonly outcome: SyncOutcome | undefined
  readonly again: OperationRecord | undefined
  /** Another operation that the retry met: its followers follow the retry. */
  readonly mergedInto: string | undefined
  /** Runs that this one asked for. */
  readonly following: readonly OperationRecord[]
  readonly initialized: SyncableChange | undefined
  /** Requests that waited for an initialisation which failed. */
  readonly abandoned: readonly OperationRecord[]
  readonly abandonedWhy: string
  /** Other requests of a target that was parked. */
  readonly parkedToo: readonly OperationRecord[]
  readonly before: TargetRecord
  readonly target: TargetRecord
}

/**
 * Records how a run ended and what follows, in the one write that also ends its claim.
 *
 * A run whose operation is no longer this process's, because the account was removed meanwhile, changes nothing.
 */
export async function complete(engine: Engine, ran: EndedRun): Promise<void> {
  const refused = ran.result.stats.numAuthExceptions > 0
  const revision = refused ? await credentialRevision(engine, ran.run) : undefined
  const ended = refused && revision !== ran.run.credentialRevision ? withNewCredential(ran) : ran
  if (refused) await invalidateTokens(engine, ran.run)
  const recorded = await engine.store.write(() => record(engine, ended, revision))
  if (recorded === undefined) {
    const { run } = ended
    announceDropped(engine, factsOf(engine, run.operation, run.target), 'active', 'account-removed')
    return
  }
  announce(engine, ended, recorded)
}

/** The person signed in while the run was at work: its refusal was for the credential before, so it is tried again. */
function withNewCredential(ran: EndedRun): EndedRun {
  const { result } = ran
  const stats = { ...result.stats, numAuthExceptions: 0, numIoExceptions: Math.max(1, result.stats.numIoExceptions) }
  return { ...ran, end: { kind: 'result', result: { ...result, stats } } }
}

/** A token that the service refused is not handed out again. */
async function invalidateTokens(engine: Engine, run: ActiveRun): Promise<void> {
  for (const token of run.tokens) await engine.accounts.invalidateAuthToken(token).catch(() => undefined)
}

async function credentialRevision(engine: Engine, run: ActiveRun): Promise<number | undefined> {
  try {
    return (await engine.accounts.getAccountInfo(run.account)).credentialRevision
  } catch {
    return undefined
  }
}

function record(engine: Engine, ended: EndedRun, revision: number | undefined): Recorded | undefined {
  const { store, clock, random } = engine
  const { run, end } = ended
  const operation = store.operations.get(run.operation.id)
  const before = operation && store.targets.get(operation.target)
  if (operation === undefined || before === undefined || operation.claimedBy !== store.owner) return undefined
  const now = clock.now()
  const policy = { ...engine.backoff, ...run.adapter.backoff }
  const next = nextRun(operation, end, before, now, random, policy)
  const saved = saveTarget(engine, ended, operation, before, next, revision, now)
  const { again, mergedInto } = requeue(engine, operation, next, saved, ended.stuck)
  const parkedToo = next.parks ? parkOperations(store, saved, now) : []
  const service = store.services.get(before.service)
  const isUnparked = before.parkedAt !== undefined && saved.parkedAt === undefined
  const released = isUnparked ? releaseOperations(store, saved, now) : []
  const following = enqueueFollowing(engine, ended, operation, next, { before, target: saved, now })
  const initialized =
    has(operation.flags, INITIALIZE) && next.outcome === 'success' && service !== undefined && saved.syncable < 0
      ? changeSyncable(store, service, saved, 1, now)
      : undefined
  const failedToInitialize = has(operation.flags, INITIALIZE) && next.operation === undefined && saved.syncable < 0
  const abandonedWhy = next.reason === 'not-ready' ? 'not-ready' : 'initialization-failed'
  const abandoned = failedToInitialize && initialized === undefined ? dropHeld(store, saved, abandonedWhy, now) : []
  if (next.verdict === 'success' && operation.attempt > 1) restartPeriod(engine, operation, now)
  const outcome = outcomeOf(ended, next, operation)
  if (outcome !== undefined && operation.requester !== store.owner) {
    store.journal.addOutcome(operation.id, JSON.stringify(outcome), now)
  }
  return {
    next,
    outcome,
    again,
    mergedInto,
    following: [...released, ...following],
    initialized,
    abandoned,
    abandonedWhy,
    parkedToo,
    before,
    target: saved,
  }
}

/** The run that a failed periodic one led to went well: the period counts from here. Inside a write. */
function restartPeriod({ store }: Engine, { periodic }: OperationRecord, now: number): void {
  const stored = periodic === undefined ? undefined : store.periodics.get(periodic)
  if (stored !== undefined) store.periodics.save({ ...stored, dueAt: now + stored.periodMs })
}

/** Another app owns the account and has not allowed this one, or the person has to sign in. */
function parkReasonOf({ error }: EndedRun): string {
  return error?.reason === 'not_granted' ? ACCESS_REQUIRED : 'authentication-error'
}

/** The runs that a run asked for. Inside a write. */
function enqueueFollowing(
  { store }: Engine,
  { run, result }: EndedRun,
  operation: OperationRecord,
  next: NextRun,
  { before, target, now }: { before: TargetRecord; target: TargetRecord; now: number },
): OperationRecord[] {
  const following: OperationRecord[] = []
  if (next.fullSync) following.push(fullSyncOf(operation, target, crypto.randomUUID(), now))
  else if (next.more && run.adapter.continuesOnMoreRecords === true) {
    const gotFurther = madeSomeProgress(result) || before.cursor !== target.cursor
    following.push(continuationOf(operation, target, crypto.randomUUID(), now, gotFurther))
  }
  return following.map((wanted) => enqueue(store, target, wanted).operation)
}

function saveTarget(
  engine: Engine,
  ended: EndedRun,
  operation: OperationRecord,
  before: TargetRecord,
  next: NextRun,
  revision: number | undefined,
  now: number,
): TargetRecord {
  const { store, clock } = engine
  const { run, result } = ended
  let target: TargetRecord = {
    ...before,
    ...next.backoff,
    delayUntilAt: next.delayUntilAt,
    delaySetAt: next.delayUntilAt === before.delayUntilAt ? before.delaySetAt : now,
    cursor: run.cursor.changed ? run.cursor.value : before.cursor,
    status: recordRun(store, before, {
      operation,
      startedAt: operation.startedAt ?? now,
      endedAt: now,
      durationMs: Math.max(0, Math.round(clock.monotonic() - run.startedAt)),
      outcome: outcomeOfRun(ended, next),
      result: resultWord(ended, next),
      verdict: next.verdict === 'neither' ? 'canceled' : next.verdict,
      stats: result.stats,
      message: ended.error?.message,
    }),
  }
  if (ended.end.kind === 'result') {
    target = { ...target, deletionsHeld: result.tooManyDeletions ? Math.max(1, result.stats.numDeletes) : 0 }
  }
  if (next.parks) target = parkTarget(target, parkReasonOf(ended), revision, now)
  else if (next.verdict === 'success') target = { ...target, ...UNPARKED }
  store.targets.save(target)
  const waitsChanged = target.backoffUntilAt !== before.backoffUntilAt || target.delayUntilAt !== before.delayUntilAt
  if (waitsChanged) rescheduleTarget(store, target)
  return target
}

/** Puts the operation back into the queue, or ends it. A run that has not returned leaves a record in its place. */
function requeue(
  engine: Engine,
  operation: OperationRecord,
  next: NextRun,
  target: TargetRecord,
  stuck: boolean,
): { again: OperationRecord | undefined; mergedInto: string | undefined } {
  const { store } = engine
  const again = next.operation && { ...next.operation, state: waitingState(next.operation, target) }
  const met = again && store.operations.findWaiting(target.id, again.flags, again.extras)
  if (again === undefined) store.operations.delete(operation.id)
  else if (met === undefined) store.operations.save(again)
  else {
    // The retry and what was asked meanwhile are one: the older one goes on, with the attempts that it has had.
    store.operations.delete(met.id)
    store.operations.save({ ...mergeOperations(again, met), dueAt: Math.min(again.dueAt, met.dueAt) })
    if (met.requester !== store.owner) {
      store.journal.addOutcome(met.id, JSON.stringify({ into: again.id }), engine.clock.now())
    }
  }
  if (stuck) store.operations.insert({ ...operation, id: stuckId(operation), state: 'stuck' })
  return { again, mergedInto: met?.id }
}

/** How the run ended, whatever becomes of its operation. */
function outcomeOfRun({ end, result }: EndedRun, next: NextRun): RunOutcome {
  if (end.kind === 'stopped') return 'stopped'
  if (end.kind === 'canceled') return 'canceled'
  if (next.parks) return 'parked'
  if (next.verdict === 'success') return 'success'
  const isHard = end.kind === 'result' && hasHardError(result) && result.syncAlreadyInProgress !== true
  return isHard ? 'hard-error' : 'soft-error'
}

function resultWord(ended: EndedRun, next: NextRun): string {
  return next.reason ?? (ended.end.kind === 'canceled' ? ended.end.reason : 'success')
}

function outcomeOf(ended: EndedRun, next: NextRun, operation: OperationRecord): SyncOutcome | undefined {
  if (next.outcome === undefined) return undefined
  return {
    outcome: next.outcome,
    ...(next.reason !== undefined && { reason: next.reason }),
    attempts: operation.attempt,
    stats: { ...ended.result.stats },
    ...(ended.error !== undefined && { error: ended.error }),
  }
}

function announce(engine: Engine, ended: EndedRun, recorded: Recorded): void {
  const { events, handles } = engine
  const { run } = ended
  const { next, outcome, again, target, before } = recorded
  if (recorded.mergedInto !== undefined) handles.merge(recorded.mergedInto, run.operation.id)
  if (outcome !== undefined) handles.settle(run.operation.id, outcome)
  for (const operation of recorded.parkedToo) handles.settle(operation.id, parkedOutcome(operation))
  const facts = factsOf(engine, run.operation, target)
  const event = operationEvent(engine, facts, 'active', again === undefined ? 'over' : phaseOf(again.state))
  const nextRunAt = again?.state === 'queued' ? { nextRunAt: again.dueAt } : {}
  events.emit('sync:finished', { ...event, outcome, result: resultWord(ended, next), ...nextRunAt })
  const place = { at: event.at, account: facts.account, authority: target.authority }
  if (next.parks) events.emit('sync:parked', { ...place, why: parkReasonOf(ended) })
  if (target.deletionsHeld > 0) {
    const answers = ['list', 'override', 'discard', 'nothing'] as const
    events.emit('sync:deletions-held', { ...place, count: target.deletionsHeld, answers })
  } else if (before.deletionsHeld > 0) events.emit('sync:deletions-released', place)
  if (target.backoffUntilAt !== before.backoffUntilAt) events.emit('sync:settings', { ...place, setting: 'backoff' })
  if (target.delayUntilAt !== before.delayUntilAt) events.emit('sync:settings', { ...place, setting: 'delay' })
  announceFollowing(engine, recorded, place)
}

function announceFollowing(
  engine: Engine,
  recorded: Recorded,
  place: { account: ActiveRun['account']; authority: string; at: number },
): void {
  const { initialized, following, target } = recorded
  for (const operation of [...(initialized?.queued ?? []), ...following]) {
    announceQueued(engine, { operation, merged: false, account: place.account, authority: place.authority })
  }
  for (const { operation, why } of initialized?.dropped ?? []) {
    announceDropped(engine, factsOf(engine, operation, target), 'held', why)
  }
  for (const operation of recorded.abandoned) {
    announceDropped(engine, factsOf(engine, operation, target), 'held', recorded.abandonedWhy)
  }
  if (initialized !== undefined) engine.events.emit('sync:settings', { ...place, setting: 'syncable' })
}
