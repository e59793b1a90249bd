import { AccountError, type Clock } from '@accountry/accounts'

/** How much one window may ask. */
export interface TrafficLimits {
  /** Calls that may be under way at once. */
  readonly parallelCalls: number
  /** Calls per second over time; four times as many at once. */
  readonly callsPerSecond: number
  /** Sign-ins and other calls that bother the person, per minute. One at a time. */
  readonly interactionsPerMinute: number
}

/**
 * Counts what one window asks: a page that was taken over neither keeps the main process busy, nor covers the person's
 * screen with browser windows.
 */
export class Traffic {
  readonly #limits: TrafficLimits
  readonly #calls: Allowance
  readonly #interactions: Allowance
  #running = 0
  #isInteracting = false

  constructor(limits: TrafficLimits, clock: Clock) {
    this.#limits = limits
    this.#calls = new Allowance(limits.callsPerSecond * 4, limits.callsPerSecond / 1_000, clock)
    this.#interactions = new Allowance(limits.interactionsPerMinute, limits.interactionsPerMinute / 60_000, clock)
  }

  /** @throws AccountError `ERR_LIMIT_EXCEEDED` when the window asks too often. */
  count(): void {
    if (!this.#calls.take()) throw exceeded('this window asks too often', 'wait')
  }

  /**
   * Begins a call.
   *
   * @returns A function that ends it.
   * @throws AccountError `ERR_LIMIT_EXCEEDED`.
   */
  begin(isInteraction: boolean): () => void {
    if (this.#running >= this.#limits.parallelCalls) {
      throw exceeded(`${this.#running} calls of this window are under way`, 'wait')
    }
    if (isInteraction && this.#isInteracting) {
      throw exceeded('the person is being asked something for this window already; finish or cancel that first')
    }
    if (isInteraction && !this.#interactions.take()) throw exceeded('this window asks the person too often', 'wait')
    this.#running++
    if (isInteraction) this.#isInteracting = true
    return () => {
      this.#running--
      if (isInteraction) this.#isInteracting = false
    }
  }
}

/** So many at once, and as many again with time. */
export class Allowance {
  readonly #most: number
  readonly #perMs: number
  readonly #clock: Clock
  #left: number
  #at: number

  constructor(most: number, perMs: number, clock: Clock) {
    this.#most = most
    this.#perMs = perMs
    this.#clock = clock
    this.#left = most
    this.#at = clock.monotonic()
  }

  take(): boolean {
    const now = this.#clock.monotonic()
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

function exceeded(why: string, action?: 'wait'): AccountError {
  return new AccountError('ERR_LIMIT_EXCEEDED', why, { retryable: true, action })
}
