import { createFakeClock, createFakeSyncAdapter, SyncTestDriver } from '@accountry/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { action, Model } from './support/model.ts'

/** More of them, for a long look: `PROPERTY_RUNS=500`. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 8)

describe('what holds whatever happens', () => {
  it(
    'case 129: never two runs of one target; pending and active are what the queue says; nothing promised is lost',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.boolean(), fc.array(action, { minLength: 5, maxLength: 40 }), async (parallel, actions) => {
          await using model = await Model.open(parallel)
          for (const next of actions) {
            await model.do(next)
            expect(await model.check()).toEqual([])
          }
          expect(await model.lost()).toEqual([])
        }),
        { numRuns: RUNS },
      )
    },
    60_000 * RUNS,
  )

  it(
    'clocks that jump make neither a negative wait, nor a busy loop, nor a wait beyond the longest',
    async () => {
      const move = fc.record({
        wallMs: fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }),
        passMs: fc.integer({ min: 0, max: 120_000 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 15 }), async (moves) => {
          const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
          await using driver = await SyncTestDriver.open({ adapters: [adapter] })
          let timers = 0
          const { setTimer } = driver.clock
          driver.clock.setTimer = (run, afterMs) => {
            timers++
            expect(afterMs).toBeGreaterThanOrEqual(0)
            expect(afterMs).toBeLessThanOrEqual(30_000)
            return setTimer(run, afterMs)
          }
          const account = await driver.addAccount('a')
          adapter.next('soft', 'soft', 'soft')
          driver.sync.requestSync({ account, authority: 'tasks', manual: true })
          let passed = 0
          for (const { wallMs, passMs } of moves) {
            driver.clock.jump(wallMs)
            await driver.advance(passMs)
            passed += passMs
          }
          expect(timers).toBeLessThan(20 + passed / 100)
          await driver.advance(240_000)
          expect(adapter.runs).toHaveLength(4)
        }),
        { numRuns: RUNS },
      )
    },
    60_000 * RUNS,
  )

  it('one timer is armed while the engine is idle', async () => {
    const clock = createFakeClock()
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    await using driver = await SyncTestDriver.open({ adapters: [adapter] })
    const account = await driver.addAccount('a')
    for (let n = 0; n < 50; n++) {
      driver.sync.requestSync({ account, authority: 'tasks', manual: true, extras: { n }, notBeforeMs: 1_000_000 + n })
    }
    await driver.settle()
    expect(clock.pendingTimers).toBe(0)
    const withEngine = driver.clock.pendingTimers
    await driver.sync.stop()
    expect(withEngine - driver.clock.pendingTimers).toBe(1)
    driver.sync.start()
  })
})
