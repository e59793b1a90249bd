import { performance } from 'node:perf_hooks'

/**
 * The time, injected so that tests can drive it.
 *
 * Wall-clock and monotonic time are apart on purpose: comparing how far each has moved is how a suspend and a
 * changed clock are told from time that passed.
 */
export interface Clock {
  /** Wall-clock time in epoch milliseconds. */
  now(): number
  /** Milliseconds since an arbitrary instant; never goes back. */
  monotonic(): number
  /**
   * Runs `run` once after `afterMs` milliseconds, and keeps no process alive for it.
   *
   * @returns A function that cancels the timer; calling it again does nothing.
   */
  setTimer(run: () => void, afterMs: number): () => void
}

/** Node fires a timer of 2^31 ms or more at once; longer waits are cut here and asked for again by the caller. */
export const LONGEST_TIMER_MS = 2_147_483_647

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(run, afterMs) {
    const timer = setTimeout(run, Math.min(Math.max(afterMs, 0), LONGEST_TIMER_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
