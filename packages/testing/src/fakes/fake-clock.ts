import type { Clock } from '@accountry/accounts'

/** A clock that moves only when it is told to. */
export interface FakeClock extends Clock {
  /**
   * Lets time pass: both clocks move, and due timers run in the order of their time, each with the clock at that
   * time. Promises settle in between.
   */
  advance(ms: number): Promise<void>
  /** Somebody sets the wall clock, forwards or back; no timer cares. */
  jump(ms: number): void
  /** Sets the wall clock to an instant. */
  setWallClock(at: number): void
  /**
   * The laptop sleeps: the wall clock moves and no timer runs. Monotonic time stands still, as on Linux and macOS, so
   * that timers go on afterwards with what was left of them; `sleptMs()` tells it from a wall clock that was set.
   *
   * @param options.monotonicMoves As on Windows: timers that came due meanwhile run at the next
   *   {@link FakeClock.advance}, also by 0. Default `false`.
   */
  suspend(ms: number, options?: { monotonicMoves?: boolean }): void
  /** For how long it slept while monotonic time stood still. */
  sleptMs(): number
  /** How many timers are set. When everything is closed, it should be 0. */
  readonly pendingTimers: number
  /** Milliseconds until the next timer; `undefined` when there is none. */
  readonly nextTimerMs: number | undefined
}

interface Timer {
  readonly dueAt: number
  readonly order: number
  readonly run: () => void
}

/** Turns of the event loop that promises get to settle after a timer ran; I/O of the system takes real time. */
const SETTLING_TURNS = 20

/** @param startAt Epoch milliseconds. Default: 2026-01-01T00:00:00Z. */
export function createFakeClock(startAt: number = Date.UTC(2026, 0, 1)): FakeClock {
  let wall = startAt
  let monotonic = 0
  let slept = 0
  let order = 0
  const timers = new Set<Timer>()

  const nextDue = (until: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers) {
      if (timer.dueAt > until) continue
      if (next === undefined || timer.dueAt < next.dueAt || (timer.dueAt === next.dueAt && timer.order < next.order))
        next = timer
    }
    return next
  }
  const moveTo = (instant: number): void => {
    wall += instant - monotonic
    monotonic = instant
  }

  return {
    now: () => wall,
    monotonic: () => monotonic,
    setTimer(run, afterMs) {
      if (Number.isNaN(afterMs)) throw new RangeError('afterMs must be a number of milliseconds, received NaN')
      const timer: Timer = { dueAt: monotonic + Math.max(0, afterMs), order: order++, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      if (!(ms >= 0)) throw new RangeError('ms must be 0 or more: only the wall clock can go back, by jump()')
      const end = monotonic + ms
      await settle()
      for (let timer = nextDue(end); timer !== undefined; timer = nextDue(end)) {
        timers.delete(timer)
        moveTo(Math.max(monotonic, timer.dueAt))
        timer.run()
        await settle()
      }
      moveTo(end)
      await settle()
    },
    jump(ms) {
      wall += ms
    },
    setWallClock(at) {
      wall = at
    },
    suspend(ms, { monotonicMoves = false } = {}) {
      wall += ms
      if (monotonicMoves) monotonic += ms
      else slept += ms
    },
    sleptMs: () => slept,
    get pendingTimers() {
      return timers.size
    },
    get nextTimerMs() {
      const next = nextDue(Number.POSITIVE_INFINITY)
      return next === undefined ? undefined : Math.max(0, next.dueAt - monotonic)
    },
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}
