import { createFakeClock } from '@accountry/testing'
import { describe, expect, test } from 'vitest'

const START = Date.UTC(2026, 0, 1)

describe('advance', () => {
  test('runs due timers in the order of their time, each at its time, and those of one time in the order they were set', async () => {
    const clock = createFakeClock()
    const ran: [string, number][] = []
    const note = (name: string) => () => void ran.push([name, clock.now() - START])
    clock.setTimer(note('late'), 300)
    clock.setTimer(note('early'), 100)
    clock.setTimer(note('early too'), 100)
    clock.setTimer(note('not yet'), 301)
    await clock.advance(300)
    expect(ran).toEqual([
      ['early', 100],
      ['early too', 100],
      ['late', 300],
    ])
    expect(clock.pendingTimers).toBe(1)
    expect(clock.nextTimerMs).toBe(1)
  })

  test('runs timers that are set by timers and by promises in between', async () => {
    const clock = createFakeClock()
    const ran: number[] = []
    clock.setTimer(() => {
      void Promise.resolve().then(() => clock.setTimer(() => ran.push(clock.monotonic()), 50))
    }, 100)
    await clock.advance(1_000)
    expect(ran).toEqual([150])
    expect(clock.monotonic()).toBe(1_000)
    expect(clock.now()).toBe(START + 1_000)
  })

  test('lets promises settle before and after', async () => {
    const clock = createFakeClock()
    const steps: string[] = []
    void (async () => {
      for (let turn = 0; turn < 20; turn++) await null
      clock.setTimer(() => {
        void Promise.resolve().then(() => steps.push('settled'))
      }, 0)
    })()
    await clock.advance(0)
    expect(steps).toEqual(['settled'])
  })

  test('does not run a cancelled timer, and cancelling again does nothing', async () => {
    const clock = createFakeClock()
    let ran = false
    const cancel = clock.setTimer(() => {
      ran = true
    }, 10)
    cancel()
    cancel()
    await clock.advance(10)
    expect(ran).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })

  test('cannot go back', async () => {
    const clock = createFakeClock()
    await expect(clock.advance(-1)).rejects.toThrow(RangeError)
    await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError)
    expect(() => clock.setTimer(() => {}, Number.NaN)).toThrow(RangeError)
    expect(clock.now()).toBe(START)
  })
})

describe('the wall clock', () => {
  test('can be set forwards and back without any timer noticing', async () => {
    const clock = createFakeClock()
    let ranAt: number | undefined
    clock.setTimer(() => {
      ranAt = clock.now()
    }, 100)
    clock.jump(-3_600_000)
    expect(clock.now()).toBe(START - 3_600_000)
    clock.setWallClock(START + 5)
    expect(clock.monotonic()).toBe(0)
    await clock.advance(99)
    expect(ranAt).toBeUndefined()
    await clock.advance(1)
    expect(ranAt).toBe(START + 105)
  })

  test('starts where it is told to', () => {
    expect(createFakeClock(42).now()).toBe(42)
  })
})

describe('suspend', () => {
  test('moves only the wall clock, and timers go on with what was left of them', async () => {
    const clock = createFakeClock()
    let ran = 0
    clock.setTimer(() => ran++, 1_000)
    await clock.advance(400)
    clock.suspend(3_600_000)
    expect(clock.now()).toBe(START + 3_600_400)
    expect(clock.monotonic()).toBe(400)
    await clock.advance(599)
    expect(ran).toBe(0)
    await clock.advance(1)
    expect(ran).toBe(1)
  })

  test('moves both as on Windows, and overdue timers run at the next turn, late', async () => {
    const clock = createFakeClock()
    let ranAt: number | undefined
    clock.setTimer(() => {
      ranAt = clock.monotonic()
    }, 1_000)
    clock.suspend(5_000, { monotonicMoves: true })
    expect(clock.nextTimerMs).toBe(0)
    expect(ranAt).toBeUndefined()
    await clock.advance(0)
    expect(ranAt).toBe(5_000)
    expect(clock.now()).toBe(START + 5_000)
  })
})
