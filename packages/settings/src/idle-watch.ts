import type { Clock } from '@accountry/accounts'

/** Longest timer that Node keeps, in milliseconds. */
const LONGEST_TIMER_MS = 2_147_483_647

/** Calls once when nobody has come for a while. A browser that is connected counts as somebody all the time. */
export class IdleWatch {
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #onIdle: () => void
  #cancel: (() => void) | undefined
  #isSuspended = false
  #isStopped = false

  /** @param idleMs `Number.POSITIVE_INFINITY`: never. */
  constructor(clock: Clock, idleMs: number, onIdle: () => void) {
    this.#clock = clock
    this.#idleMs = idleMs
    this.#onIdle = onIdle
    this.touch()
  }

  /** Somebody is here. */
  touch(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#isSuspended || this.#isStopped || this.#idleMs > LONGEST_TIMER_MS) return
    this.#cancel = this.#clock.setTimer(this.#onIdle, this.#idleMs)
  }

  suspend(): void {
    this.#isSuspended = true
    this.touch()
  }

  resume(): void {
    this.#isSuspended = false
    this.touch()
  }

  stop(): void {
    this.#isStopped = true
    this.touch()
  }
}
