import { describe, expect, it } from 'vitest'
import { openWorld } from './support/world.ts'

describe('4.M constraints', () => {
  it('case 233: without a network a request waits, and begins when there is one, as its first attempt', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    driver.environment.network = 'none'
    const { done } = sync.requestSync({ ...A1X, manual: true })
    await settle()
    expect(await sync.isSyncPending(A1X)).toBe(true)
    expect((await sync.explain(A1X)).reasons).toEqual(['no-network'])
    driver.environment.network = 'metered'
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
    expect(X.runs).toHaveLength(1)
  })

  it('case 234: what wants no metered network waits for an unmetered one', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    driver.environment.network = 'metered'
    const { done } = sync.requestSync({ ...A1X, disallowMetered: true })
    await settle()
    expect((await sync.explain(A1X)).reasons).toEqual(['metered-network'])
    driver.environment.network = 'unmetered'
    expect(await done).toMatchObject({ outcome: 'success' })
    expect(X.runs).toHaveLength(1)
  })

  it('what requires charging waits for it', async () => {
    const { driver, sync, A1X, settle } = await openWorld()
    driver.environment.charging = false
    const { done } = sync.requestSync({ ...A1X, requiresCharging: true })
    await settle()
    expect((await sync.explain(A1X)).reasons).toEqual(['not-charging'])
    driver.environment.charging = true
    expect(await done).toMatchObject({ outcome: 'success' })
  })

  it('case 236: while storage is low nothing begins, what runs is stopped, and goes on afterwards', async () => {
    const { driver, sync, A1X, A1Y, X, Y, settle } = await openWorld()
    X.next('hang')
    const { done } = sync.requestSync(A1X)
    await settle()
    driver.environment.storageLow = true
    sync.requestSync(A1Y)
    await settle()
    expect(X.runs[0]?.context.signal.aborted).toBe(true)
    expect(Y.runs).toEqual([])
    expect((await sync.explain(A1X)).reasons).toEqual(['storage-low'])
    driver.environment.storageLow = false
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
    await settle()
    expect(Y.runs).toHaveLength(1)
  })

  it('a run that loses its network is stopped, keeps its attempt, and goes on with the network', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    X.next('hang')
    const { done } = sync.requestSync(A1X)
    await settle()
    driver.environment.network = 'none'
    await settle()
    expect(await sync.getSyncStatus(A1X)).toMatchObject({ pending: true, active: false })
    driver.environment.network = 'unmetered'
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
    expect(X.runs.map(({ attempt }) => attempt)).toEqual([1, 1])
  })

  it('case 240: an adapter that needs no network runs without one', async () => {
    const { driver, sync, A1X } = await openWorld({ adapter: { network: 'none' } })
    driver.environment.network = 'none'
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'success' })
  })

  it('an adapter that needs an unmetered network waits for it without being asked', async () => {
    const { driver, sync, A1X, settle } = await openWorld({ adapter: { network: 'unmetered' } })
    driver.environment.network = 'metered'
    sync.requestSync(A1X)
    await settle()
    expect((await sync.explain(A1X)).reasons).toEqual(['metered-network'])
  })

  it('case 242: a network that flaps ten times a second leads to one start a second at most', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    driver.environment.network = 'none'
    X.always = 'hang'
    sync.requestSync(A1X)
    for (let n = 0; n < 100; n++) {
      driver.environment.network = n % 2 === 0 ? 'unmetered' : 'none'
      await advance(100)
    }
    expect(X.runs.length).toBeGreaterThan(0)
    expect(X.runs.length).toBeLessThanOrEqual(11)
    expect(X.runs.map(({ attempt }) => attempt)).toEqual(X.runs.map(() => 1))
  })
})
