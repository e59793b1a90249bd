import { NO_EXTRAS } from '../extras.ts'
import {
  DISCARD_LOCAL_DELETIONS,
  DO_NOT_RETRY,
  dueAtOf,
  has,
  IGNORE_BACKOFF,
  INITIALIZE,
  LANE_REGULAR,
  type OperationRecord,
  OVERRIDE_TOO_MANY_DELETIONS,
  TOKEN_RENEWED,
  UPLOAD,
} from '../queue/sync-operation.ts'
import type { SyncOutcomeKind, SyncResult } from '../sync-result.ts'
import { errorNameOf, hasError, hasHardError, hasSoftError, madeSomeProgress } from '../sync-result.ts'
import type { Backoff, BackoffPolicy } from './backoff.ts'
import { increaseBackoff, NO_BACKOFF } from './backoff.ts'

/** A run that found somebody else at work is tried again after this. (SyncManager.DELAY_RETRY_SYNC_IN_PROGRESS_IN_SECONDS) */
export const ALREADY_IN_PROGRESS_RETRY_MS = 10_000
/** A run that had to make room for a more urgent one comes back after this. (SYNC_DELAY_ON_CONFLICT) */
export const PREEMPTED_RETRY_MS = 10_000

/** Why a run was stopped before it ended, though it is still wanted. */
export type StopReason =
  | 'preempted'
  | 'network-lost'
  | 'charging-lost'
  | 'storage-low'
  | 'made-room'
  | 'shutdown'
  | 'owner-died'

/** How a run ended. */
export type RunEnd =
  /** The adapter returned, or threw and that was mapped to a result. */
  | { readonly kind: 'result'; readonly result: SyncResult }
  /** The service refused a token that was still good: another one is asked for, once. */
  | { readonly kind: 'token-refused' }
  /** Nobody wants it any more: no retry, no backoff. */
  | { readonly kind: 'canceled'; readonly reason: string }
  /** Stopped for a reason outside of it: it runs again and has lost nothing. */
  | { readonly kind: 'stopped'; readonly reason: StopReason }
  /** It took longer than a run may take: runs again after backoff. */
  | { readonly kind: 'timed-out' }

/** What follows from a run. */
export interface NextRun {
  /** The same request once more, or nothing. */
  readonly operation: OperationRecord | undefined
  /** Set when the request is over. */
  readonly outcome: SyncOutcomeKind | undefined
  readonly reason: string | undefined
  readonly backoff: Backoff
  readonly delayUntilAt: number
  /** The account's credential was refused: nothing of this target runs until the account recovers. */
  readonly parks: boolean
  /** Another run without extras was asked for. */
  readonly fullSync: boolean
  /** The server has more, and the run went well. */
  readonly more: boolean
  /** Whether the run counts as success, failure or neither. */
  readonly verdict: 'success' | 'failure' | 'neither'
}

export interface TargetTimes extends Backoff {
  readonly delayUntilAt: number
}

/**
 * What follows from a run: the operation to run next, or nothing. Pure.
 *
 * The order of the rows is Android's `maybeRescheduleSync`, changed where it lost work or hid the truth: an
 * authentication error parks, a hard error beside a soft one is hard unless there was progress, attempts can be bounded.
 */
export function nextRun(
  operation: OperationRecord,
  end: RunEnd,
  target: TargetTimes,
  now: number,
  random: () => number,
  policy: BackoffPolicy,
): NextRun {
  switch (end.kind) {
    case 'canceled':
      return over(target, 'canceled', end.reason)
    case 'stopped':
      return stopped(operation, end.reason, target, now)
    case 'token-refused':
      return tokenRefused(operation, target, now)
    case 'timed-out': {
      const waits = { ...target, ...increaseBackoff(target, now, random, policy) }
      if (has(operation.flags, DO_NOT_RETRY)) return { ...over(waits, 'soft-error', 'timed-out'), verdict: 'failure' }
      return retryOrGiveUp(operation, waits, now, 'timed-out', policy)
    }
    case 'result':
      return hasError(end.result)
        ? afterError(operation, end.result, target, now, random, policy)
        : afterSuccess(end.result)
  }
}

function afterSuccess(result: SyncResult): NextRun {
  const target = { ...NO_BACKOFF, delayUntilAt: result.delayUntilAt ?? 0 }
  const fullSync = result.fullSyncRequested === true
  const more = result.moreRecordsToGet === true
  return { ...over(target, 'success', undefined), fullSync, more, verdict: 'success' }
}

function afterError(
  operation: OperationRecord,
  result: SyncResult,
  before: TargetTimes,
  now: number,
  random: () => number,
  policy: BackoffPolicy,
): NextRun {
  const inProgress = result.syncAlreadyInProgress === true
  // Finding somebody else at work says nothing about the server, so it does not lengthen the wait for it.
  const backoff = inProgress ? before : increaseBackoff(before, now, random, policy)
  const target: TargetTimes = { ...backoff, delayUntilAt: result.delayUntilAt ?? 0 }
  const reason = errorNameOf(result)
  return {
    ...row(operation, result, target, now, reason, policy),
    fullSync: result.fullSyncRequested === true,
    verdict: 'failure',
  }
}

/** The table, row by row. */
function row(
  operation: OperationRecord,
  result: SyncResult,
  target: TargetTimes,
  now: number,
  reason: string | undefined,
  policy: BackoffPolicy,
): NextRun {
  const inProgress = result.syncAlreadyInProgress === true
  const soft = hasSoftError(result)
  const hard = hasHardError(result)
  const failed = hard && !inProgress ? 'hard-error' : 'soft-error'
  if (result.stats.numAuthExceptions > 0) return parked(operation, target, reason)
  if (has(operation.flags, DO_NOT_RETRY) && !inProgress) return over(target, failed, reason)
  // What could not be sent may be what a two-way run brings in order, so it follows even after a hard error.
  if (has(operation.flags, UPLOAD) && !inProgress) {
    return retryOrGiveUp({ ...operation, flags: operation.flags & ~UPLOAD }, target, now, reason, policy)
  }
  if (result.tooManyRetries) return over(target, failed, reason)
  if (madeSomeProgress(result)) return retryOrGiveUp(operation, target, now, reason, policy)
  if (inProgress) return retryOrGiveUp(operation, target, now + ALREADY_IN_PROGRESS_RETRY_MS, reason, policy)
  if (soft && !hard) return retryOrGiveUp(operation, target, now, reason, policy)
  return over(target, failed, reason)
}

function retryOrGiveUp(
  operation: OperationRecord,
  target: TargetTimes,
  notBeforeAt: number,
  reason: string | undefined,
  policy: BackoffPolicy,
): NextRun {
  if (operation.attempt >= policy.maxAttempts)
    return { ...over(target, 'soft-error', 'too-many-attempts'), verdict: 'failure' }
  const flags = operation.flags & ~(IGNORE_BACKOFF | TOKEN_RENEWED)
  const again = requeued({ ...operation, flags }, target, notBeforeAt)
  return { ...over(target, undefined, reason), operation: again, verdict: 'failure' }
}

function stopped(operation: OperationRecord, reason: StopReason, target: TargetTimes, now: number): NextRun {
  const makesWay = reason === 'preempted' || reason === 'made-room'
  const notBeforeAt = makesWay ? now + PREEMPTED_RETRY_MS : operation.notBeforeAt
  const again = requeued({ ...operation, attempt: Math.max(0, operation.attempt - 1) }, target, notBeforeAt)
  // Who is interrupted has not waited less for it, so urgent work cannot starve it; who had its time goes to the end.
  const waitingSince = reason === 'made-room' ? again.dueAt : operation.waitingSince
  return { ...over(target, undefined, reason), operation: { ...again, waitingSince } }
}

/**
 * Invalidate, ask once more, only then believe it: Android's rule for a token that a service refuses. The mark keeps it
 * at once.
 */
function tokenRefused(operation: OperationRecord, target: TargetTimes, now: number): NextRun {
  const again = requeued({ ...operation, flags: operation.flags | TOKEN_RENEWED }, target, now)
  return { ...over(target, undefined, 'authentication-error'), operation: again, verdict: 'failure' }
}

function parked(operation: OperationRecord, target: TargetTimes, reason: string | undefined): NextRun {
  const flags = operation.flags & ~(IGNORE_BACKOFF | TOKEN_RENEWED)
  return {
    ...over(target, 'parked', reason),
    operation: { ...requeued({ ...operation, flags }, target, 0), state: 'parked' },
    parks: true,
  }
}

function requeued(operation: OperationRecord, target: TargetTimes, notBeforeAt: number): OperationRecord {
  const again = {
    ...operation,
    notBeforeAt,
    state: 'queued' as const,
    claimedBy: undefined,
    startedAt: undefined,
    slot: undefined,
    stop: undefined,
  }
  const dueAt = dueAtOf(again, target)
  return { ...again, dueAt, waitingSince: dueAt }
}

function over(target: TargetTimes, outcome: SyncOutcomeKind | undefined, reason: string | undefined): NextRun {
  const { backoffMs, backoffUntilAt, delayUntilAt } = target
  return {
    operation: undefined,
    outcome,
    reason,
    backoff: { backoffMs, backoffUntilAt },
    delayUntilAt,
    parks: false,
    fullSync: false,
    more: false,
    verdict: 'neither',
  }
}

/**
 * The same request once more, for what the server still has.
 *
 * After a continuation that got no further it waits: a server that always has more would keep the process busy.
 */
export function continuationOf(
  operation: OperationRecord,
  target: TargetTimes,
  id: string,
  now: number,
  gotFurther: boolean,
): OperationRecord {
  const flags = operation.flags & ~(IGNORE_BACKOFF | TOKEN_RENEWED)
  const fresh = { ...operation, id, flags, attempt: 0, createdAt: now, periodic: undefined }
  const isStanding = operation.reason === 'more-records' && !gotFurther
  const notBeforeAt = isStanding ? now + ALREADY_IN_PROGRESS_RETRY_MS : now
  return requeued({ ...fresh, reason: 'more-records' }, target, notBeforeAt)
}

/** A person's yes to many deletions, and the like, was for what they had seen. */
const FOR_THE_REQUEST_ONLY =
  UPLOAD |
  IGNORE_BACKOFF |
  DO_NOT_RETRY |
  INITIALIZE |
  TOKEN_RENEWED |
  OVERRIDE_TOO_MANY_DELETIONS |
  DISCARD_LOCAL_DELETIONS

/**
 * The run without extras that an adapter asked for with `fullSyncRequested`.
 *
 * A full sync that asks for a full sync is the adapter's mistake, or its server's; it waits, so that it cannot keep the
 * process from everything else. (Android runs it at once, again and again.)
 */
export function fullSyncOf(operation: OperationRecord, target: TargetTimes, id: string, now: number): OperationRecord {
  const flags = operation.flags & ~FOR_THE_REQUEST_ONLY
  const fresh = { ...operation, id, flags, extras: NO_EXTRAS, attempt: 0, createdAt: now, periodic: undefined }
  const notBeforeAt = operation.reason === 'full-sync-requested' ? now + ALREADY_IN_PROGRESS_RETRY_MS : now
  const wanted = { ...fresh, reason: 'full-sync-requested', lane: LANE_REGULAR } as const
  return { ...requeued(wanted, target, notBeforeAt), source: 'other' }
}
