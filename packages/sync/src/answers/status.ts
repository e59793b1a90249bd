import type { SyncSource } from '../queue/sync-operation.ts'

/** How many runs of a target, and of what kind. */
export interface SyncTotals {
  numSyncs: number
  totalElapsedMs: number
  numFailures: number
  numCancels: number
  bySource: Partial<Record<SyncSource, number>>
}

/** What is remembered of a target's past. */
export interface TargetStatus {
  lastSuccessAt?: number
  lastSuccessSource?: SyncSource
  lastFailureAt?: number
  lastFailureSource?: SyncSource
  lastFailure?: string
  /** The first failure after the last success. */
  initialFailureAt?: number
  totals: SyncTotals
  /** Totals of the day `day` and of the day before. */
  today?: SyncTotals & { day: number }
  yesterday?: SyncTotals & { day: number }
  /** The last ten, the newest first. */
  events: { at: number; text: string }[]
}

const KEPT_EVENTS = 10
const DAY_MS = 86_400_000

export const EMPTY_STATUS = ''

export function decodeStatus(stored: string): TargetStatus {
  if (stored === EMPTY_STATUS) return { totals: emptyTotals(), events: [] }
  return JSON.parse(stored) as TargetStatus
}

/** One ended run, as it enters the status. */
export interface RunRecord {
  readonly at: number
  readonly durationMs: number
  readonly source: SyncSource
  readonly verdict: 'success' | 'failure' | 'canceled'
  /** `success`, an error class or a stop reason, and what the adapter said. */
  readonly text: string
}

/** The status after one more run. */
export function withRun(status: TargetStatus, run: RunRecord): TargetStatus {
  const next: TargetStatus = {
    ...status,
    totals: counted(status.totals, run),
    ...shiftedDays(status, run),
    events: [{ at: run.at, text: run.text }, ...status.events].slice(0, KEPT_EVENTS),
  }
  if (run.verdict === 'success') {
    next.lastSuccessAt = run.at
    next.lastSuccessSource = run.source
    delete next.initialFailureAt
  } else if (run.verdict === 'failure') {
    next.lastFailureAt = run.at
    next.lastFailureSource = run.source
    next.lastFailure = run.text
    next.initialFailureAt ??= run.at
  }
  return next
}

function shiftedDays(status: TargetStatus, run: RunRecord): Pick<TargetStatus, 'today' | 'yesterday'> {
  const day = dayOf(run.at)
  const { today, yesterday } = status
  // A clock that was set back does not reset the counters of a later day.
  if (today !== undefined && day <= today.day) {
    return { today: { ...counted(today, run), day: today.day }, ...(yesterday && { yesterday }) }
  }
  const fresh = { ...counted(emptyTotals(), run), day }
  return { today: fresh, ...(today?.day === day - 1 && { yesterday: today }) }
}

export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS)
}

function counted(totals: SyncTotals, run: RunRecord): SyncTotals {
  return {
    numSyncs: totals.numSyncs + 1,
    totalElapsedMs: totals.totalElapsedMs + run.durationMs,
    numFailures: totals.numFailures + (run.verdict === 'failure' ? 1 : 0),
    numCancels: totals.numCancels + (run.verdict === 'canceled' ? 1 : 0),
    bySource: { ...totals.bySource, [run.source]: (totals.bySource[run.source] ?? 0) + 1 },
  }
}

function emptyTotals(): SyncTotals {
  return { numSyncs: 0, totalElapsedMs: 0, numFailures: 0, numCancels: 0, bySource: {} }
}
