import { has, IGNORE_SETTINGS, INITIALIZE, LANE_INITIALIZE, LANE_REGULAR } from '../queue/sync-operation.ts'
import type { ActiveRun } from './active-run.ts'
import type { Runner } from './runner.ts'

/**
 * A run of this length makes room when all places are taken and another could have its. (SyncManager.MAX_TIME_PER_SYNC of
 * Lollipop) Twice as long after each time that it did, so that long runs which take turns get to their end.
 */
export const LONG_RUN_MS = 300_000

/**
 * So many times longer may it run when others wait for its target or its adapter: they would begin anew what it is about to
 * end, but not even a run without limit may keep them for ever.
 */
const LONGER_IN_THE_WAY = 6

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
  const ends = [run.startedAt + run.longRunMs, run.startedAt + run.longRunMs * LONGER_IN_THE_WAY]
  if (inactivityMs > 0) ends.push(run.lastSignOfLifeAt + inactivityMs)
  if (isLimited(run)) ends.push(run.startedAt + maxRunMs)
  const ahead = ends.filter((end) => end > monotonic)
  return ahead.length > 0 ? Math.min(...ahead) - monotonic : Number.POSITIVE_INFINITY
}

/** What others could do if a run ended. */
export interface Wanted {
  /** Whether a due operation lacks nothing but a place. */
  isPlaceWanted(): boolean
  /** Whether a due operation waits for the target or the adapter of this run. */
  isInTheWay(run: ActiveRun): boolean
}

/**
 * Stops the runs that reached a limit, and gives up those whose grace period is over.
 */
export function enforceLimits(runner: Runner, monotonic: number, wanted: Wanted): void {
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
  makeRoom(runner, monotonic, wanted)
}

/** One at a time: whoever leaves frees a place, and then it is seen whether another is wanted. */
function makeRoom(runner: Runner, monotonic: number, wanted: Wanted): void {
  const regular = runner.active.filter(({ operation }) => operation.lane !== LANE_INITIALIZE)
  if (regular.some(({ stoppedAs }) => stoppedAs !== undefined)) return
  const isOlder = (run: ActiveRun, ms: number): boolean => monotonic - run.startedAt >= ms
  const oldest = regular.find((run) => isOlder(run, run.longRunMs))
  if (oldest === undefined) return
  const leaving = wanted.isPlaceWanted()
    ? oldest
    : regular.find((run) => isOlder(run, run.longRunMs * LONGER_IN_THE_WAY) && wanted.isInTheWay(run))
  if (leaving !== undefined) runner.stop(leaving, { kind: 'stopped', reason: 'made-room' })
}
