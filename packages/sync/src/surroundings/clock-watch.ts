import type { OperationStore } from '../operation-store.ts'
import { rescheduleTarget } from '../queue/queue.ts'
import { clampBackoff } from '../run/backoff.ts'
import { createSleepMeter, type SyncClock } from './sleep-meter.ts'

/** A wall clock that moved by less against monotonic time was corrected, not set. */
export const CLOCK_TOLERANCE_MS = 2_000
const PERIOD_TOLERANCE_MS = 10_000
const META_CLOCK = 'clock-moved'

/**
 * Keeps waits as long as they were meant when somebody sets the wall clock.
 *
 * What is stored are wall-clock instants, because a restart knows nothing else. While a process runs, monotonic time
 * tells how far the wall clock was moved, and every stored wait moves with it: a wait after an error neither ends at
 * once nor lasts a day longer. A machine that slept is no clock that was set: waits pass while it sleeps. Periodic syncs stay with the wall clock; one whose instant is now out of reach is due.
 *
 * All processes on the store see the same jump; the sum of all jumps is stored, so that the first one to see it moves
 * the waits and the others find that done.
 */
export class ClockWatch {
  readonly #store: OperationStore
  readonly #clock: SyncClock
  readonly #measureSleep: () => number
  #sleptMs = 0
  #offset: number
  #changes = 0
  #total: number

  constructor(store: OperationStore, clock: SyncClock) {
    this.#store = store
    this.#clock = clock
    this.#measureSleep = createSleepMeter(clock)
    this.#offset = clock.now() - clock.monotonic()
    this.#total = this.#storedTotal()
  }

  /** Looks whether the clock was set, and moves the waits if it was. */
  async look(): Promise<void> {
    if (Math.abs(this.#moved()) >= CLOCK_TOLERANCE_MS) await this.#store.write(() => this.check())
    this.#total = this.#storedTotal()
  }

  /**
   * The store with this look before each change, so that what is written with the new time is not moved with what was
   * written with the old one.
   */
  guard(): OperationStore {
    const store = this.#store
    return {
      owner: store.owner,
      services: store.services,
      targets: store.targets,
      operations: store.operations,
      periodics: store.periodics,
      journal: store.journal,
      getMeta: (name) => store.getMeta(name),
      setMeta: (name, value) => store.setMeta(name, value),
      write: (run) => this.#write(run),
      isAlive: (owner) => store.isAlive(owner),
      dataVersion: () => store.dataVersion(),
      onChange: (listener) => store.onChange(listener),
      close: () => store.close(),
    }
  }

  async #write<T>(run: () => T): Promise<T> {
    const before = { offset: this.#offset, total: this.#total }
    try {
      return await this.#store.write(() => {
        this.check()
        const returned = run()
        // Counted here and not when it is committed: what follows in the same transaction must know of it.
        this.#changes++
        return returned
      })
    } catch (error) {
      // Nothing was written, so the waits are still to be moved.
      this.#offset = before.offset
      this.#total = before.total
      throw error
    }
  }

  /** Changes whenever this process has written or another has committed: what was read under the same version holds. */
  version(): string {
    return `${this.#changes}.${this.#store.dataVersion()}`
  }

  /** Inside a write. */
  check(): void {
    const moved = this.#moved()
    if (Math.abs(moved) < CLOCK_TOLERANCE_MS) return
    this.#changes++
    const total = this.#storedTotal()
    const missing = this.#total + moved - total
    if (Math.abs(missing) >= CLOCK_TOLERANCE_MS) {
      this.#store.targets.shiftWaits(missing)
      this.#store.operations.shiftWaits(missing)
      this.#store.setMeta(META_CLOCK, String(total + missing))
    }
    repairPeriodics(this.#store, this.#clock.now())
    this.#offset += moved
    this.#total = this.#storedTotal()
  }

  #moved(): number {
    const moved = this.#movedOrSlept()
    if (Math.abs(moved) < CLOCK_TOLERANCE_MS) return moved
    // Asks the system, so only when there is something to explain.
    this.#sleptMs = this.#measureSleep()
    return this.#movedOrSlept()
  }

  #movedOrSlept(): number {
    return this.#clock.now() - this.#clock.monotonic() - this.#sleptMs - this.#offset
  }

  #storedTotal(): number {
    return Number(this.#store.getMeta(META_CLOCK) ?? 0)
  }
}

/** A periodic sync that lies further ahead than its period: the clock was set back, so it is due. Inside a write. */
function repairPeriodics(store: OperationStore, now: number): void {
  for (const periodic of store.periodics.listBeyondPeriod(now, PERIOD_TOLERANCE_MS)) {
    store.periodics.save({ ...periodic, dueAt: now })
  }
}

/**
 * Brings stored waits back into reach after a restart, when the clock was wrong before it or is now: none is longer
 * than it was when it was set. Inside a write.
 */
export function repairWaits(store: OperationStore, now: number): void {
  for (const target of store.targets.list({ waits: true })) {
    const backoff = clampBackoff(target, now)
    const delay = target.delayUntilAt - target.delaySetAt
    const isBeyond = target.delayUntilAt > 0 && target.delayUntilAt > now + delay
    const delays = isBeyond ? { delayUntilAt: now + delay, delaySetAt: now } : {}
    if (backoff.backoffUntilAt === target.backoffUntilAt && !isBeyond) continue
    const repaired = { ...target, ...backoff, ...delays }
    store.targets.save(repaired)
    rescheduleTarget(store, repaired)
  }
  for (const operation of store.operations.listCreatedAfter(now + CLOCK_TOLERANCE_MS)) {
    const target = store.targets.get(operation.target)
    if (target === undefined) continue
    const notBeforeAt = now + Math.max(0, operation.notBeforeAt - operation.createdAt)
    store.operations.save({ ...operation, createdAt: now, notBeforeAt })
    rescheduleTarget(store, target)
  }
  repairPeriodics(store, now)
}
