import { systemClock } from '@accountry/accounts'
import type { ProgressBoard } from '../answers/progress-board.ts'
import type { Engine } from '../engine.ts'
import { nextLimitInMs } from '../run/run-limits.ts'
import type { Runner } from '../run/runner.ts'
import type { Dispatcher } from './dispatcher.ts'
import { openGates } from './selection.ts'

/** The longest sleep: what a timer, a bell or a resume missed is seen after this at the latest. */
export const LONGEST_SLEEP_MS = 30_000
/** How often the runs of other processes are looked after, while there are any. */
const WATCH_OTHERS_MS = 2_000
const AFTER_FAILURE_MS = 1_000

/**
 * The only place with a timer. One is armed at a time, for the earliest instant at which something may have to be done;
 * when it fires, everything is looked at again: the store is the truth, the timer a hint.
 */
export class Scheduler {
  readonly #engine: Engine
  readonly #dispatcher: Dispatcher
  readonly #runner: Runner
  readonly #board: ProgressBoard
  readonly #before: () => Promise<void>
  #started = false
  #again = false
  #turning: Promise<void> | undefined
  #cancelTimer: () => void = () => undefined

  constructor(
    engine: Engine,
    parts: { dispatcher: Dispatcher; runner: Runner; board: ProgressBoard; before: () => Promise<void> },
  ) {
    this.#engine = engine
    this.#dispatcher = parts.dispatcher
    this.#runner = parts.runner
    this.#board = parts.board
    this.#before = parts.before
  }

  get isStarted(): boolean {
    return this.#started
  }

  start(): void {
    this.#started = true
    this.wake()
  }

  /** No further turn begins; resolves when the last one has ended. */
  async stop(): Promise<void> {
    this.#started = false
    this.#cancelTimer()
    await this.#turning
  }

  wake(): void {
    if (!this.#started) return
    this.#again = true
    // Later in this tick, so that a turn that wakes the scheduler finds itself under way.
    this.#turning ??= Promise.resolve().then(() => this.#turn())
  }

  /**
   * Waits for the runs of this process to end, giving up on each when its grace period is over. In real time as well,
   * because a process that ends does not wait for a clock that stands still.
   */
  async endRuns(): Promise<void> {
    const cancels = this.#runner.active.flatMap((run) =>
      [this.#engine.clock, systemClock].map((clock) => clock.setTimer(() => run.giveUp(), run.limits.graceMs)),
    )
    await this.#runner.whenQuiet()
    for (const cancel of cancels) cancel()
  }

  /** Resolves when no turn is under way. */
  async settled(): Promise<void> {
    while (this.#turning !== undefined) await this.#turning
  }

  async #turn(): Promise<void> {
    let wakeInMs = LONGEST_SLEEP_MS
    try {
      while (this.#again && this.#started) {
        // Runs may end, and lead to others, without ever waiting: the rest of the process has its turn between.
        await new Promise((resolve) => setImmediate(resolve))
        if (!this.#started) break
        this.#again = false
        await this.#before()
        await this.#dispatcher.dispatch()
      }
      wakeInMs = this.#nextWakeInMs()
    } catch (error) {
      // The disk may be full or busy: what is stored is safe, so try again soon.
      this.#engine.log.warn('sync.turn-failed', { error: error instanceof Error ? error.message : 'unknown' })
      wakeInMs = AFTER_FAILURE_MS
    } finally {
      this.#turning = undefined
    }
    this.#arm(wakeInMs)
  }

  #arm(wakeInMs: number): void {
    this.#cancelTimer()
    if (!this.#started) return
    this.#cancelTimer = this.#engine.clock.setTimer(() => this.wake(), wakeInMs)
  }

  #nextWakeInMs(): number {
    const { store, adapters, clock, environment } = this.#engine
    const now = clock.now()
    let wakeAt = now + LONGEST_SLEEP_MS
    for (const service of adapters.served()) {
      wakeAt = Math.min(wakeAt, store.periodics.nextDueAt(service) ?? wakeAt)
      for (const gate of openGates(environment)) {
        wakeAt = Math.min(wakeAt, store.operations.nextDueAt({ service, gate, now }) ?? wakeAt)
      }
    }
    let wakeInMs = Math.max(0, wakeAt - now)
    wakeInMs = Math.min(wakeInMs, this.#board.nextInMs(this.#runner.active))
    if (this.#runner.hasUnrecorded) wakeInMs = Math.min(wakeInMs, AFTER_FAILURE_MS)
    if (environment.isBehind) wakeInMs = Math.min(wakeInMs, environment.settlesInMs())
    for (const run of this.#runner.active) wakeInMs = Math.min(wakeInMs, nextLimitInMs(run, clock.monotonic()))
    const others = store.operations.listBusy().some((operation) => operation.claimedBy !== store.owner)
    return others ? Math.min(wakeInMs, WATCH_OTHERS_MS) : wakeInMs
  }
}
