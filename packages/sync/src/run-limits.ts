import type { ActiveRun } from './active-run.ts'
import type { Runner } from './runner.ts'
import { has, IGNORE_SETTINGS, INITIALIZE, LANE_INITIALIZE, LANE_REGULAR } from './sync-operation.ts'

/**
 * A run of this length makes room when all places are taken and another could have its. (SyncManager.MAX_TIME_PER_SYNC of
 * Lollipop) Twice as long after each time that it did, so that long runs which take turns get to their end.
 */
export const LONG_RUN_MS = 300_000

/** Whether the limit on the length of a run applies: not to what the person asked for, nor to initialisation. */
function isLimited({ operation, limits }: ActiveRun): boolean {
  if (limits.maxRunMs === 0) return false
  return operation.lane === LANE_REGULAR && !has(operation.flags, IGNORE_SETTINGS) && !has(operation.flags, INITIALIZE)
}

/** Milliseconds until a limit of the run may be reached, all in monotonic time. */
export function nextLimitInMs(run: ActiveRun, monotonic: number): number {
  if (run.graceUntil !== undefined) return Math.max(0, run.graceUntil - monotonic)
  if (run.askingUntil !== undefined) return Math.max(0, run.askingUntil - monotonic)
  const { inactivityMs, maxRunMs } = run.limits
  const ends = [run.startedAt + run.longRunMs]
  if (inactivityMs > 0) ends.push(run.lastSignOfLifeAt + inactivityMs)
  if (isLimited(run)) ends.push(run.startedAt + maxRunMs)
  const ahead = ends.filter((end) => end > monotonic)
  return ahead.length > 0 ? Math.min(...ahead) - monotonic : Number.POSITIVE_INFINITY
}

/**
 * Stops the runs that reached a limit, and gives up those whose grace period is over.
 *
 * @param isPlaceWanted Whether a due operation lacks nothing but a place.
 */
export function enforceLimits(runner: Runner, monotonic: number, isPlaceWanted: () => boolean): void {
  for (const run of runner.active) {
    if (run.graceUntil !== undefined) {
      if (monotonic >= run.graceUntil) run.giveUp()
      continue
    }
    if (run.askingUntil !== undefined) {
      if (monotonic >= run.askingUntil) run.answerLate()
      continue
    }
    const { inactivityMs, maxRunMs } = run.limits
    const age = monotonic - run.startedAt
    if (inactivityMs > 0 && monotonic - run.lastSignOfLifeAt >= inactivityMs) {
      runner.stop(run, { kind: 'canceled', reason: 'no-progress' })
    } else if (isLimited(run) && age >= maxRunMs) {
      runner.stop(run, { kind: 'timed-out' })
    }
  }
  makeRoom(runner, monotonic, isPlaceWanted)
}

/** One at a time: whoever leaves frees a place, and then it is seen whether another is wanted. */
function makeRoom(runner: Runner, monotonic: number, isPlaceWanted: () => boolean): void {
  const regular = runner.active.filter(({ operation }) => operation.lane !== LANE_INITIALIZE)
  if (regular.some(({ stoppedAs }) => stoppedAs !== undefined)) return
  const long = regular.find((run) => monotonic - run.startedAt >= run.longRunMs)
  if (long !== undefined && isPlaceWanted()) runner.stop(long, { kind: 'stopped', reason: 'made-room' })
}
