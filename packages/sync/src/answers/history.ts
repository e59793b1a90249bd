import type { OperationStore, TargetRecord } from '../operation-store.ts'
import { has, INITIALIZE, type OperationRecord } from '../queue/sync-operation.ts'
import type { SyncOutcomeKind, SyncStats } from '../sync-result.ts'
import { dayOf, decodeStatus, withRun } from './status.ts'

export const KEPT_HISTORY = 100
export const KEPT_DAYS = 28

/** How a run ended; `stopped`: from outside, and it goes on later. */
export type RunOutcome = Exclude<SyncOutcomeKind, 'dropped'> | 'stopped'

/** One ended run, as it is written down. */
export interface RecordedRun {
  readonly operation: OperationRecord
  readonly startedAt: number
  readonly endedAt: number
  readonly durationMs: number
  readonly outcome: RunOutcome
  /** `success`, an error class or a stop reason. */
  readonly result: string
  readonly verdict: 'success' | 'failure' | 'canceled'
  readonly stats: SyncStats
  readonly message: string | undefined
}

/** Adds a run to the history and the day's counters. Inside a write. Returns the target's new status. */
export function recordRun(store: OperationStore, target: TargetRecord, run: RecordedRun): string {
  const { operation, verdict, durationMs } = run
  store.journal.addHistory(
    {
      operation: operation.id,
      accountId: target.accountId,
      accountType: target.accountType,
      authority: target.authority,
      startedAt: run.startedAt,
      durationMs,
      outcome: run.outcome,
      result: run.result,
      reason: operation.reason,
      source: operation.source,
      initialize: has(operation.flags, INITIALIZE),
      stats: JSON.stringify(run.stats),
      message: run.message,
    },
    KEPT_HISTORY,
  )
  if (verdict !== 'canceled') countDay(store, run.endedAt, verdict === 'success', durationMs)
  const { source } = operation
  const text = run.message === undefined ? run.result : `${run.result}: ${run.message}`
  return JSON.stringify(withRun(decodeStatus(target.status), { at: run.endedAt, durationMs, source, verdict, text }))
}

function countDay(store: OperationStore, at: number, success: boolean, durationMs: number): void {
  const day = dayOf(at)
  const before = store.journal.getDay(day) ?? { day, successCount: 0, successMs: 0, failureCount: 0, failureMs: 0 }
  store.journal.saveDay(
    success
      ? { ...before, successCount: before.successCount + 1, successMs: before.successMs + durationMs }
      : { ...before, failureCount: before.failureCount + 1, failureMs: before.failureMs + durationMs },
    KEPT_DAYS,
  )
}
