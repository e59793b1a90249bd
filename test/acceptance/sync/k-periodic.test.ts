import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, openSmallWorld, openWorld } from './support/world.ts'

describe('4.K periodic syncs', () => {
  it('case 189: adding one again updates its period; others stay', async () => {
    const { sync, A1X, A2X } = await openWorld({ minPeriodMs: 1 })
    await sync.addPeriodicSync({ ...A1X, extras: { a: 1 }, periodMs: 200_000 })
    await sync.addPeriodicSync({ ...A1X, extras: { a: 2 }, periodMs: 200_000 })
    await sync.addPeriodicSync({ ...A2X, extras: { a: 2 }, periodMs: 200_000 })
    await sync.addPeriodicSync({ ...A1X, extras: { a: 2 }, periodMs: 1_000_000 })
    expect((await sync.getPeriodicSyncs(A1X)).map(({ periodMs }) => periodMs)).toEqual([200_000, 1_000_000])
    expect((await sync.getPeriodicSyncs(A2X)).map(({ periodMs }) => periodMs)).toEqual([200_000])
  })

  it('case 190: removing one by its extras removes just that one', async () => {
    const { sync, A1X, A2X } = await openWorld()
    for (const target of [A1X, A2X]) {
      for (const a of [1, 2]) await sync.addPeriodicSync({ ...target, extras: { a }, periodMs: HOUR })
    }
    await sync.removePeriodicSync({ ...A1X, extras: { a: 1 } })
    expect((await sync.getPeriodicSyncs()).map(({ account, extras }) => [account.name, extras['a']])).toEqual([
      ['a', 2],
      ['b', 1],
      ['b', 2],
    ])
  })

  it('case 191: the same name with a text and with a number are different ones', async () => {
    const { sync, A1X } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, extras: { foo: '42' }, periodMs: HOUR })
    await sync.addPeriodicSync({ ...A1X, extras: { foo: 42 }, periodMs: HOUR })
    expect(await sync.getPeriodicSyncs(A1X)).toHaveLength(2)
  })

  it('case 192: the list is empty where there is none, else it says everything', async () => {
    const { sync, A1X } = await openWorld()
    expect(await sync.getPeriodicSyncs(A1X)).toEqual([])
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([
      { account: A1X.account, authority: 'X', periodMs: HOUR, extras: {}, flexMs: 144_000 },
    ])
  })

  it.each(['manual', 'doNotRetry', 'ignoreBackoff', 'ignoreSettings', 'initialize', 'expedited'])(
    'case 194: %s among the extras is refused when true, and taken when false',
    async (name) => {
      const { sync, A1X } = await openWorld()
      await expect(sync.addPeriodicSync({ ...A1X, extras: { [name]: true }, periodMs: HOUR })).rejects.toThrow(
        TypeError,
      )
      await sync.addPeriodicSync({ ...A1X, extras: { [name]: false }, periodMs: HOUR })
      expect(await sync.getPeriodicSyncs(A1X)).toHaveLength(1)
    },
  )

  it('case 195: a period below the minimum is raised to it', async () => {
    const { sync, A1X } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: 1_000 })
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ periodMs: 900_000 }])
  })

  it.each([
    [4_000, 0],
    [1_000_000, 40_000],
    [DAY, 3_456_000],
    [7 * DAY, 3_456_000],
  ])('case 196: the default flex of %i ms is %i ms', async (periodMs, flexMs) => {
    const { sync, A1X } = await openWorld({ minPeriodMs: 1 })
    await sync.addPeriodicSync({ ...A1X, periodMs })
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ flexMs }])
  })

  it('case 197: removing an unknown one does nothing', async () => {
    const { sync, A1X } = await openWorld()
    await sync.removePeriodicSync({ ...A1X, extras: { a: 1 } })
    expect(await sync.getPeriodicSyncs(A1X)).toEqual([])
  })

  it('case 198: one that is added while something is off is kept, and runs when it may', async () => {
    const { sync, A1X, A1Y, B1X, X, Y, X2, advance, settle } = await openWorld()
    await sync.setSyncAutomatically(A1X, false)
    await sync.setIsSyncable(A1Y, 0)
    await sync.setMasterSyncAutomatically(false)
    for (const target of [A1X, A1Y, B1X]) await sync.addPeriodicSync({ ...target, periodMs: HOUR })
    expect(await sync.getPeriodicSyncs()).toHaveLength(3)
    await advance(3 * HOUR)
    expect([X, Y, X2].flatMap(({ runs }) => runs)).toEqual([])
    await sync.setMasterSyncAutomatically(true)
    await sync.setSyncAutomatically(A1X, true)
    await sync.setIsSyncable(A1Y, 1)
    await settle()
    for (const [adapter, name] of [
      [X, 'a'],
      [Y, 'a'],
      [X2, 'c'],
    ] as const) {
      expect(
        adapter.runs.filter(({ account, reason }) => account.name === name && reason === 'periodic').length,
      ).toBeLessThan(2)
      expect(adapter.runs.some(({ account }) => account.name === name)).toBe(true)
    }
  })

  it('case 200: one whose last run is still tried again is skipped', async () => {
    const { sync, A1X, X, advance } = await openWorld({ backoff: { initialMs: 2 * HOUR, maxMs: 2 * HOUR } })
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    X.next('soft')
    await advance(HOUR)
    await advance(2 * HOUR - 1)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  it('case 201: it runs once a period and not before its flex', async () => {
    const { sync, A1X, A1Y, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR, flexMs: 10 * MINUTE })
    for (let minute = 0; minute < 49; minute++) {
      sync.requestSync({ ...A1Y, extras: { minute } })
      await advance(MINUTE)
    }
    expect(X.runs).toEqual([])
    await advance(11 * MINUTE)
    expect(X.runs).toHaveLength(1)
  })

  it('case 202: an early run, when the machine is awake anyway, keeps the phase', async () => {
    const { driver, sync, A1X, A1Y, X, advance } = await openWorld()
    const start = driver.clock.now()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR, flexMs: 10 * MINUTE })
    await advance(55 * MINUTE)
    await sync.requestSync(A1Y).done
    await sync.whenIdle()
    expect(X.runs).toHaveLength(1)
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ nextRunAt: start + 2 * HOUR }])
  })

  it('a run that a sleeping machine delayed begins a new phase', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    driver.clock.suspend(90 * MINUTE)
    await advance(30_000)
    expect(X.runs).toHaveLength(1)
    const [{ nextRunAt = 0 } = {}] = await sync.getPeriodicSyncs(A1X)
    expect(nextRunAt - driver.clock.now()).toBeGreaterThan(59 * MINUTE)
  })

  it.each([HOUR, DAY, 400 * DAY])('case 203: with the clock set back by %i ms it runs now, once', async (ms) => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    await advance(HOUR)
    expect(X.runs).toHaveLength(1)
    driver.clock.jump(-ms)
    await advance(MINUTE)
    expect(X.runs).toHaveLength(2)
    await advance(HOUR - 2 * MINUTE)
    expect(X.runs).toHaveLength(2)
  })

  it('a clock set forward by a day makes it run once, not as often as it was missed', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    driver.clock.jump(DAY)
    await advance(MINUTE)
    expect(X.runs).toHaveLength(1)
    await advance(HOUR - 2 * MINUTE)
    expect(X.runs).toHaveLength(1)
  })

  it('case 204: after ten periods without an engine it runs exactly once', async () => {
    const { driver, A1X, X, advance } = await openWorld()
    await driver.sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    await driver.sync.stop()
    await driver.clock.advance(10 * HOUR)
    await driver.restart({ start: true })
    await advance(MINUTE)
    expect(X.runs).toHaveLength(1)
  })

  it('case 206: removing it while it runs cancels the run and what was to be tried again', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    X.next('hang')
    await advance(HOUR)
    await sync.removePeriodicSync(A1X)
    await sync.whenIdle()
    expect(X.runs[0]?.context.signal.aborted).toBe(true)
    expect(await sync.getPendingSyncs()).toEqual([])
    await advance(2 * HOUR)
    expect(X.runs).toHaveLength(1)
  })

  it('case 207: changing the period while it runs lets it run; the new period applies', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    X.hold()
    await advance(HOUR)
    await sync.addPeriodicSync({ ...A1X, periodMs: 2 * HOUR })
    expect(X.runs[0]?.context.signal.aborted).toBe(false)
    X.release()
    await sync.whenIdle()
    await advance(2 * HOUR - 1)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })

  it('case 334: adding the same again at each start changes nothing', async () => {
    const { driver, A1X, X, advance } = await openWorld()
    for (let start = 0; start < 4; start++) {
      await driver.sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
      await advance(20 * MINUTE)
      await driver.restart({ start: true })
    }
    expect(X.runs).toHaveLength(1)
  })

  it('case 208: the default periodic sync is written once; removed, it stays removed', async () => {
    const { driver, add } = await openSmallWorld({ isAlwaysSyncable: true, defaults: { periodMs: HOUR } })
    const target = { account: await add('a'), authority: 'X' }
    expect(await driver.sync.getPeriodicSyncs(target)).toMatchObject([{ periodMs: HOUR, flexMs: 144_000 }])
    await driver.sync.removePeriodicSync(target)
    await driver.restart()
    expect(await driver.sync.getPeriodicSyncs(target)).toEqual([])
  })

  it('case 209: all of them survive a restart, with extras of every type', async () => {
    const { driver, A1X, A2 } = await openWorld()
    const extras = { text: 'x', long: 2n ** 60n, int: 1, yes: true, float: 0.5, account: A2, nothing: null }
    await driver.sync.addPeriodicSync({ ...A1X, extras, periodMs: HOUR, flexMs: 1_000 })
    const before = await driver.sync.getPeriodicSyncs()
    await driver.restart()
    expect(await driver.sync.getPeriodicSyncs()).toEqual(before)
    expect(before[0]?.extras).toEqual(extras)
  })

  it('case 210: a machine that slept over the due instant runs it once within a minute', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    driver.clock.suspend(5 * HOUR)
    await advance(MINUTE)
    expect(X.runs).toHaveLength(1)
    await advance(HOUR - 2 * MINUTE)
    expect(X.runs).toHaveLength(1)
  })

  it('a success after retries begins the period anew', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld({ backoff: { initialMs: 10 * MINUTE } })
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    X.next('soft')
    await advance(70 * MINUTE)
    expect(X.runs).toHaveLength(2)
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ nextRunAt: driver.clock.now() + HOUR }])
  })

  it('spreads machines over the flex', async () => {
    const { driver, sync, A1X } = await openWorld({ random: () => 0.5 })
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR, flexMs: 10 * MINUTE })
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ nextRunAt: driver.clock.now() + 55 * MINUTE }])
  })

  it('case 348: the next run can be set once, and the period counts from it', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    const nextRunAt = driver.clock.now() + 10 * MINUTE
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR, nextRunAt })
    await advance(10 * MINUTE)
    expect(X.runs).toHaveLength(1)
    await advance(HOUR - 1)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })
})
