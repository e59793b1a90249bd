/** Nothing is synchronised periodically more often than this, unless the engine is told otherwise. Android's 15 minutes. */
export const MIN_PERIOD_MS = 900_000
const DAY_MS = 86_400_000
const DEFAULT_FLEX_SHARE = 0.04
const SMALLEST_PERIOD_WITH_FLEX_MS = 5_000

/** What the due rule needs to know of a periodic sync. */
export interface PeriodicTiming {
  readonly periodMs: number
  readonly flexMs: number
  /** The latest instant of the coming run. */
  readonly dueAt: number
}

/** How long before its due instant a periodic sync may run, when nothing was said: 4 % of the period, of a day at most. */
export function defaultFlexMs(periodMs: number): number {
  if (periodMs < SMALLEST_PERIOD_WITH_FLEX_MS) return 0
  return Math.floor(Math.min(periodMs, DAY_MS) * DEFAULT_FLEX_SHARE)
}

/** When a periodic sync first runs: one period from now; `offset` in [0, 1) spreads machines over the flex. */
export function firstDueAt(now: number, periodMs: number, flexMs: number, offset: number): number {
  return now + periodMs - Math.floor(flexMs * offset)
}

/**
 * The due instant after a run that began at `now`.
 *
 * A run inside the flex, or not later than the flex is long, keeps the phase. A run that is later, because the machine
 * slept or was off, starts a new phase: however many periods were missed, one run makes up for them.
 */
export function nextDueAt(timing: PeriodicTiming, now: number): number {
  const { dueAt, periodMs, flexMs } = timing
  const keepsPhase = now >= dueAt - flexMs && now <= dueAt + flexMs
  const next = keepsPhase ? dueAt + periodMs : now + periodMs
  return next > now ? next : now + periodMs
}
