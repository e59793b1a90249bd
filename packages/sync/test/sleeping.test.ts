import { uptime } from 'node:os'
import { systemClock } from '@accountry/accounts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSleepMeter } from '../src/surroundings/sleep-meter.ts'
import { openKnownWorld } from './support/known-world.ts'

const HOUR = 3_600_000

describe('after the machine has slept', () => {
  it('a wait that ended meanwhile has ended, and one that did not lasts no longer than it was meant', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    adapter.next(({ result }) => {
      result.delayUntilAt = driver.clock.now() + HOUR
    })
    await driver.sync.requestSync(A).done
    driver.sync.requestSync(A)
    driver.sync.requestSync({ ...B, notBeforeMs: 12 * HOUR })
    await driver.settle()
    driver.clock.suspend(8 * HOUR)
    await driver.advance(30_000)
    expect(adapter.runs.map(({ account }) => account.name)).toEqual(['ana', 'ana'])
    await driver.advance(4 * HOUR)
    expect(adapter.runs.map(({ account }) => account.name)).toEqual(['ana', 'ana', 'bob'])
  })

  it('a periodic sync runs once, a local change is uploaded, and the length of a run counts only the time awake', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    await driver.sync.addPeriodicSync({ ...A, periodMs: HOUR })
    await driver.sync.notifyChange({ ...B }).accepted
    driver.clock.suspend(8 * HOUR)
    await driver.advance(30_000)
    expect(adapter.runs.map(({ reason }) => reason).sort()).toEqual(['local-change', 'periodic'])
    adapter.next('hang')
    const { done } = driver.sync.requestSync(A)
    await driver.advance(25 * 60_000)
    driver.clock.suspend(HOUR)
    await driver.advance(4 * 60_000)
    expect(adapter.active).toHaveLength(1)
    await driver.advance(2 * 60_000)
    expect((await done).outcome).toBe('success')
  })

  it('a clock that was set as well moves the waits by what it was set', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    driver.sync.requestSync({ ...A, notBeforeMs: 2 * HOUR })
    await driver.settle()
    driver.clock.suspend(HOUR)
    driver.clock.jump(-24 * HOUR)
    await driver.advance(HOUR - 60_000)
    expect(adapter.runs).toEqual([])
    await driver.advance(120_000)
    expect(adapter.runs).toHaveLength(1)
  })
})

describe('how long the machine slept', () => {
  it('is next to nothing while it is awake, and not known of a clock that does not say it', () => {
    expect(uptime()).toBeGreaterThan(0)
    expect(createSleepMeter(systemClock)()).toBeLessThan(2_000)
    const { now, monotonic, setTimer } = systemClock
    expect(createSleepMeter({ now, monotonic, setTimer })()).toBe(0)
  })
})

describe('daylight saving', () => {
  it('makes the day of a periodic sync neither shorter nor longer, in spring and in autumn', async () => {
    const zone = process.env['TZ']
    process.env['TZ'] = 'Europe/Berlin'
    onTestFinished(() => {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    })
    for (const dayBefore of [Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 9, 24, 12)]) {
      const { driver, adapter, A } = await openKnownWorld()
      driver.clock.setWallClock(dayBefore)
      expect(new Date(dayBefore).getTimezoneOffset()).not.toBe(new Date(dayBefore + 24 * HOUR).getTimezoneOffset())
      await driver.sync.addPeriodicSync({ ...A, periodMs: 24 * HOUR, flexMs: 0 })
      for (const day of [1, 2]) {
        driver.clock.suspend(24 * HOUR - 60_000)
        await driver.advance(30_000)
        expect(adapter.runs).toHaveLength(day - 1)
        await driver.advance(30_000)
        expect(adapter.runs).toHaveLength(day)
      }
    }
  })
})
