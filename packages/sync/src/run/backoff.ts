/** How long a target waits after errors. */
export interface BackoffPolicy {
  /** Wait after the first error, in milliseconds. Default 30 000. */
  readonly initialMs: number
  /** Each wait is the one before times this. Default 2. */
  readonly factor: number
  /** No wait is longer. Default 3 600 000. */
  readonly maxMs: number
  /** The first wait is lengthened by up to this share of itself, so that clients do not come back together. Default 0.1. */
  readonly jitter: number
  /** Give up on a request after this many runs. Default: never. */
  readonly maxAttempts: number
}

export const DEFAULT_BACKOFF: BackoffPolicy = {
  initialMs: 30_000,
  factor: 2,
  maxMs: 3_600_000,
  jitter: 0.1,
  maxAttempts: Number.POSITIVE_INFINITY,
}

/** The wait of one target: `untilAt` is when it ends, `delayMs` how long it was. Both 0: none. */
export interface Backoff {
  readonly backoffMs: number
  readonly backoffUntilAt: number
}

export const NO_BACKOFF: Backoff = { backoffMs: 0, backoffUntilAt: 0 }

/**
 * The wait after one more error.
 *
 * An error inside a running wait (of a manual sync, which ignores it) does not lengthen it: the server is asked no
 * more often for it. (SyncManager.increaseBackoffSetting)
 */
export function increaseBackoff(current: Backoff, now: number, random: () => number, policy: BackoffPolicy): Backoff {
  if (now < current.backoffUntilAt) return current
  const delayMs =
    current.backoffMs > 0
      ? current.backoffMs * policy.factor
      : Math.floor(policy.initialMs * (1 + policy.jitter * random()))
  const backoffMs = Math.min(delayMs, policy.maxMs)
  return { backoffMs, backoffUntilAt: now + backoffMs }
}

/**
 * A stored wait as it counts after a restart: never longer than it was when it was set, which a clock that was wrong
 * then would make it.
 */
export function clampBackoff(stored: Backoff, now: number): Backoff {
  return stored.backoffUntilAt > now + stored.backoffMs
    ? { backoffMs: stored.backoffMs, backoffUntilAt: now + stored.backoffMs }
    : stored
}
