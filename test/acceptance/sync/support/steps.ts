import type { SyncStep } from '@accountry/testing'

/** A run after which the server does not want to be asked until an instant; it goes well, or fails softly. */
export function delays(untilAt: (now: number) => number | undefined, now: () => number, soft = false): SyncStep {
  return ({ result }) => {
    result.delayUntilAt = untilAt(now())
    if (soft) result.stats.numIoExceptions++
  }
}
