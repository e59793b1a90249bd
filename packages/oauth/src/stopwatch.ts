import type { Clock } from '@accountry/accounts'

/**
 * Begins to measure time that passes also while the machine sleeps.
 *
 * The monotonic clock stands still in a suspend and the wall clock can be set back; whichever moved further is
 * believed.
 *
 * @returns A function that tells the milliseconds since then.
 */
export function startStopwatch(clock: Clock): () => number {
  const wall = clock.now()
  const monotonic = clock.monotonic()
  return () => Math.max(clock.now() - wall, clock.monotonic() - monotonic)
}
