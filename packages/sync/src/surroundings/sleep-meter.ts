import { uptime } from 'node:os'
import { type Clock, systemClock } from '@accountry/accounts'

/** A clock that may know how long the machine slept. */
export interface SyncClock extends Clock {
  /**
   * Milliseconds for which the machine slept while `monotonic()` stood still, counted from any instant. Absent: it never
   * slept. For the clock of the machine the engine finds it out.
   */
  sleptMs?(): number
}

/**
 * How long the machine has slept since now, so that sleeping is told from a wall clock that somebody set.
 *
 * The monotonic clock of Linux stands still during sleep; its uptime does not.
 */
export function createSleepMeter(clock: SyncClock): () => number {
  if (clock.sleptMs !== undefined) {
    const before = clock.sleptMs()
    return () => (clock.sleptMs?.() ?? before) - before
  }
  if (clock !== systemClock) return () => 0
  const ahead = (): number => uptime() * 1_000 - clock.monotonic()
  const before = ahead()
  return () => Math.max(0, ahead() - before)
}
