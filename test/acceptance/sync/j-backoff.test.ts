import { describe, expect, it } from 'vitest'
import { delays } from './support/steps.ts'
import { DAY, openWorld, record } from './support/world.ts'

describe('4.J backoff and delayUntil', () => {
  it('case 164: the waits double from 30 seconds to an hour', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.always = 'soft'
    sync.requestSync(A1X)
    await sync.whenIdle()
    for (const seconds of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      const before = X.runs.length
      await advance(seconds * 1_000 - 1)
      expect(X.runs).toHaveLength(before)
      await advance(1)
      expect(X.runs).toHaveLength(before + 1)
    }
  })

  it('case 165: the first wait is lengthened by less than a tenth, the others are its doubles', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld({ random: () => 0.999_999 })
    X.always = 'soft'
    sync.requestSync(A1X)
    await sync.whenIdle()
    const waits: number[] = []
    for (let n = 0; n < 8; n++) {
      const { nextRunAt = 0 } = await sync.explain(A1X)
      waits.push(nextRunAt - driver.clock.now())
      await advance(nextRunAt - driver.clock.now())
    }
    const [first = 0, ...others] = waits
    expect(first).toBeGreaterThan(32_000)
    expect(first).toBeLessThan(33_000)
    expect(others).toEqual([2, 4, 8, 16, 32, 64, 128].map((factor) => Math.min(first * factor, 3_600_000)))
  })

  it('case 166: after a success the waits begin anew', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft', 'soft', 'ok', 'soft')
    sync.requestSync(A1X)
    await advance(90_000)
    expect(X.runs).toHaveLength(3)
    sync.requestSync(A1X)
    await advance(30_000)
    expect(X.runs).toHaveLength(5)
  })

  it('case 167: a manual sync that fails within the wait does not change it', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft', 'soft')
    sync.requestSync(A1X)
    await advance(10_000)
    const before = (await sync.getSyncStatus(A1X))?.backoffUntilAt
    sync.requestSync({ ...A1X, manual: true })
    await sync.whenIdle()
    expect(X.runs).toHaveLength(2)
    expect((await sync.getSyncStatus(A1X))?.backoffUntilAt).toBe(before)
  })

  it('case 168: a plain request within the wait is pending and runs at its end', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft')
    sync.requestSync({ ...A1X, doNotRetry: true })
    await advance(10_000)
    sync.requestSync(A1X)
    expect(await sync.isSyncPending(A1X)).toBe(true)
    await advance(19_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })

  it('case 170: an expedited one waits too', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft')
    sync.requestSync({ ...A1X, doNotRetry: true })
    await sync.whenIdle()
    sync.requestSync({ ...A1X, expedited: true })
    await advance(29_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })

  it('case 171: the wait of one target delays neither its other authorities nor other accounts', async () => {
    const { sync, A1X, A1Y, A2X, X } = await openWorld()
    X.next('soft')
    sync.requestSync(A1X)
    await sync.whenIdle()
    expect(await sync.requestSync(A1Y).done).toMatchObject({ outcome: 'success' })
    expect(await sync.requestSync(A2X).done).toMatchObject({ outcome: 'success' })
  })

  it('case 172: when the network comes back all waits end and all retries are due', async () => {
    const { driver, sync, A1X, A1Y, B1X, X, Y, X2, settle } = await openWorld()
    for (const adapter of [X, Y, X2]) adapter.next('soft')
    for (const target of [A1X, A1Y, B1X]) sync.requestSync(target)
    await sync.whenIdle()
    driver.environment.network = 'none'
    driver.environment.network = 'unmetered'
    await settle()
    expect([X, Y, X2].map(({ runs }) => runs.length)).toEqual([2, 2, 2])
  })

  it('case 173: a network that stays, or goes, changes no wait', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    X.next('soft')
    sync.requestSync(A1X)
    await sync.whenIdle()
    const before = (await sync.getSyncStatus(A1X))?.backoffUntilAt
    driver.environment.network = 'metered'
    await settle()
    driver.environment.network = 'none'
    await settle()
    expect((await sync.getSyncStatus(A1X))?.backoffUntilAt).toBe(before)
    expect(X.runs).toHaveLength(1)
  })

  it('case 174: a charger changes no wait', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    driver.environment.charging = false
    X.next('soft')
    sync.requestSync(A1X)
    await sync.whenIdle()
    driver.environment.charging = true
    await settle()
    expect((await sync.getSyncStatus(A1X))?.backoffUntilAt).toBeGreaterThan(driver.clock.now())
  })

  it('case 176: canceling the syncs of one account leaves the waits of others alone', async () => {
    const { driver, sync, A1, A1X, A2X, X } = await openWorld()
    X.next('soft', 'soft')
    sync.requestSync(A1X)
    sync.requestSync(A2X)
    await sync.whenIdle()
    await sync.cancelSync({ account: A1 })
    expect(await sync.getSyncStatus(A1X)).not.toHaveProperty('backoffUntilAt')
    expect((await sync.getSyncStatus(A2X))?.backoffUntilAt).toBeGreaterThan(driver.clock.now())
  })

  it('case 177: the wait ends with the last queued operation that is canceled', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next('soft')
    sync.requestSync({ ...A1X, extras: { a: 1 } })
    await sync.whenIdle()
    sync.requestSync({ ...A1X, extras: { b: 1 } })
    await sync.cancelSync({ ...A1X, extras: { a: 1 } })
    expect(await sync.getSyncStatus(A1X)).toHaveProperty('backoffUntilAt')
    await sync.cancelSync({ ...A1X, extras: { b: 1 } })
    expect(await sync.getSyncStatus(A1X)).not.toHaveProperty('backoffUntilAt')
  })

  it('case 178: a delay of the server holds later requests, except what ignores it', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    X.next(delays((now) => now + 600_000, driver.clock.now))
    await sync.requestSync(A1X).done
    sync.requestSync(A1X)
    await advance(10_000)
    expect(X.runs).toHaveLength(1)
    X.next(delays((now) => now + 590_000, driver.clock.now))
    await sync.requestSync({ ...A1X, ignoreBackoff: true, extras: { now: true } }).done
    expect(X.runs).toHaveLength(2)
    await advance(589_999)
    expect(X.runs).toHaveLength(2)
    await advance(1)
    expect(X.runs).toHaveLength(3)
  })

  it('case 179: of backoff and delay the later counts', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    X.next(delays((now) => now + 600_000, driver.clock.now, true))
    sync.requestSync(A1X)
    await advance(599_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })

  it.each([0, -1])('case 180: a delay that is over (%i) delays nothing', async (ms) => {
    const { driver, sync, A1X, X } = await openWorld()
    X.next(delays((now) => (ms === 0 ? 0 : now + ms), driver.clock.now))
    await sync.requestSync(A1X).done
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'success' })
  })

  it('case 182: a delay that a success sets moves what is queued', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    X.hold()
    X.next(delays((now) => now + 600_000, driver.clock.now))
    sync.requestSync(A1X)
    await settle()
    sync.requestSync(A1X)
    X.release()
    await sync.whenIdle()
    expect(X.runs).toHaveLength(1)
    expect((await sync.explain(A1X)).nextRunAt).toBe(driver.clock.now() + 600_000)
  })

  it('a success without a delay clears it', async () => {
    const { driver, sync, A1X, X } = await openWorld()
    X.next(delays((now) => now + 600_000, driver.clock.now))
    await sync.requestSync(A1X).done
    await sync.requestSync({ ...A1X, manual: true }).done
    expect(await sync.getSyncStatus(A1X)).not.toHaveProperty('delayUntilAt')
  })

  it('case 183: a canceled run leaves the delay as it was', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    X.next(delays((now) => now + 600_000, driver.clock.now))
    await sync.requestSync(A1X).done
    const before = (await sync.getSyncStatus(A1X))?.delayUntilAt
    X.next('hang')
    sync.requestSync({ ...A1X, manual: true })
    await settle()
    await sync.cancelSync(A1X)
    await sync.whenIdle()
    expect((await sync.getSyncStatus(A1X))?.delayUntilAt).toBe(before)
  })

  it.each([DAY, -DAY])('case 184: setting the wall clock by %i ms does not change how long is waited', async (ms) => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    X.next(
      delays((now) => now + 600_000, driver.clock.now),
      'soft',
    )
    await sync.requestSync(A1X).done
    sync.requestSync(A1X)
    await advance(100_000)
    driver.clock.jump(ms)
    await advance(499_000)
    expect(X.runs).toHaveLength(1)
    await advance(1_000)
    expect(X.runs).toHaveLength(2)
    driver.clock.jump(-ms)
    await advance(29_000)
    expect(X.runs).toHaveLength(2)
    await advance(1_000)
    expect(X.runs).toHaveLength(3)
  })

  it('case 185: a restart respects what is left of the waits', async () => {
    const { driver, A1X, A2X, X, advance } = await openWorld()
    X.next(
      'soft',
      delays((now) => now + 60_000, driver.clock.now),
    )
    driver.sync.requestSync(A1X)
    await driver.sync.requestSync(A2X).done
    await driver.sync.requestSync(A2X).accepted
    await advance(10_000)
    await driver.restart({ start: true })
    await advance(19_999)
    expect(X.runs).toHaveLength(2)
    await advance(1)
    expect(X.runs).toHaveLength(3)
    await advance(30_000)
    expect(X.runs).toHaveLength(4)
  })

  it('case 185: a wait that a wrong clock put far ahead is cut to what it was', async () => {
    const { driver, A1X, X, advance } = await openWorld()
    X.next('soft')
    driver.sync.requestSync(A1X)
    await driver.sync.whenIdle()
    await driver.sync.close()
    driver.clock.jump(-7 * DAY)
    await driver.restart({ start: true })
    const { nextRunAt = 0 } = await driver.sync.explain(A1X)
    expect(nextRunAt - driver.clock.now()).toBeLessThanOrEqual(3_600_000)
    await advance(30_000)
    expect(X.runs).toHaveLength(2)
  })

  it('case 186: a periodic sync that comes due within the wait runs once, at its end', async () => {
    const { sync, A1X, X, advance } = await openWorld({ backoff: { initialMs: 600_000 } })
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000 })
    await advance(3_300_000)
    X.next('soft')
    sync.requestSync({ ...A1X, doNotRetry: true })
    await advance(599_000)
    expect(X.runs).toHaveLength(1)
    await advance(1_000)
    expect(X.runs.map(({ reason }) => reason)).toEqual(['app', 'periodic'])
  })

  it('case 188: the end of all waits is announced, also when it is only one', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    X.next('soft')
    sync.requestSync({ ...A1X, doNotRetry: true })
    await sync.whenIdle()
    const settings = record(sync, 'sync:settings')
    driver.environment.network = 'none'
    driver.environment.network = 'metered'
    await settle()
    expect(settings.map(({ setting }) => setting)).toContain('backoff')
  })
})
