import { createFakeSyncAdapter, SyncTestDriver } from '@accountry/testing'
import { afterEach, describe, expect, it } from 'vitest'

const drivers: SyncTestDriver[] = []

async function open(options: Parameters<typeof SyncTestDriver.open>[0]): Promise<SyncTestDriver> {
  const driver = await SyncTestDriver.open(options)
  drivers.push(driver)
  return driver
}

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
})

describe('a sync from request to outcome', () => {
  it('runs the adapter once and tells how it ended', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    const handle = driver.sync.requestSync({
      account: ana,
      authority: 'tasks',
      extras: { folder: 'inbox' },
      manual: true,
    })
    expect(handle.outcome).toBe('accepted')
    await handle.accepted
    expect(await handle.done).toMatchObject({ outcome: 'success', attempts: 1, stats: { numInserts: 1 } })
    expect(adapter.runs).toHaveLength(1)
    expect(adapter.runs[0]).toMatchObject({
      account: ana,
      authority: 'tasks',
      extras: { folder: 'inbox' },
      reason: 'user',
    })
  })

  it('tries a soft error again with growing waits', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.next('soft', 'soft')
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    const handle = driver.sync.requestSync({ account: ana, authority: 'tasks', manual: true })
    await driver.settle()
    expect(adapter.runs).toHaveLength(1)
    await driver.advance(29_999)
    expect(adapter.runs).toHaveLength(1)
    await driver.advance(1)
    expect(adapter.runs).toHaveLength(2)
    await driver.advance(59_999)
    expect(adapter.runs).toHaveLength(2)
    await driver.advance(1)
    expect(await handle.done).toMatchObject({ outcome: 'success', attempts: 3 })
  })

  it('ends with a hard error at once', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, always: 'hard' })
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    const { done } = driver.sync.requestSync({ account: ana, authority: 'tasks', manual: true })
    expect(await done).toMatchObject({ outcome: 'hard-error', reason: 'parse-error', attempts: 1 })
    await driver.advance(3_600_000)
    expect(adapter.runs).toHaveLength(1)
  })

  it('parks a target whose account needs its person, and runs it once after signing in again', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.next('auth')
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    const target = { account: ana, authority: 'tasks' }
    const { done } = driver.sync.requestSync({ ...target, manual: true })
    expect(await done).toMatchObject({ outcome: 'parked', reason: 'authentication-error', attempts: 1 })
    expect(await driver.sync.isSyncPending(target)).toBe(false)
    expect((await driver.sync.explain(target)).state).toBe('parked')
    await driver.advance(7_200_000)
    expect(adapter.runs).toHaveLength(1)
    await driver.accounts.setPassword(ana, 'another')
    await driver.settle()
    expect(adapter.runs).toHaveLength(2)
    await driver.advance(7_200_000)
    expect(adapter.runs).toHaveLength(2)
  })

  it('runs periodic syncs once in each period', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    const target = { account: ana, authority: 'tasks' }
    await driver.sync.setSyncAutomatically(target, true)
    await driver.settle()
    expect(adapter.runs.map((run) => run.reason)).toEqual(['auto-sync'])
    await driver.sync.addPeriodicSync({ ...target, periodMs: 3_600_000 })
    await driver.advance(3_599_999)
    expect(adapter.runs).toHaveLength(1)
    await driver.advance(1)
    expect(adapter.runs.map((run) => run.reason)).toEqual(['auto-sync', 'periodic'])
    await driver.advance(7_200_000)
    expect(adapter.runs).toHaveLength(4)
  })

  it('initialises a new target before the request that waited for it', async () => {
    const adapter = createFakeSyncAdapter()
    const driver = await open({ adapters: [adapter], start: false })
    const ana = await driver.addAccount('ana')
    const { done } = driver.sync.requestSync({ account: ana, authority: 'tasks', manual: true, extras: { a: 1 } })
    driver.sync.start()
    expect(await done).toMatchObject({ outcome: 'success' })
    expect(adapter.runs.map(({ initialize, extras }) => ({ initialize, extras }))).toEqual([
      { initialize: true, extras: {} },
      { initialize: false, extras: { a: 1 } },
    ])
    expect(await driver.sync.getIsSyncable({ account: ana, authority: 'tasks' })).toBe(1)
  })
})

describe('a restart', () => {
  it('keeps a request, its attempts and the wait after an error', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.next('soft')
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    const target = { account: ana, authority: 'tasks' }
    driver.sync.requestSync({ ...target, manual: true, extras: { a: 1 } })
    await driver.settle()
    await driver.advance(10_000)
    await driver.restart()
    expect(await driver.sync.isSyncPending(target)).toBe(true)
    await driver.advance(19_999)
    expect(adapter.runs).toHaveLength(1)
    await driver.advance(1)
    expect(adapter.runs[1]).toMatchObject({ extras: { a: 1 }, attempt: 2 })
    expect(await driver.sync.isSyncPending(target)).toBe(false)
  })

  it('runs again what was running', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.hold()
    const driver = await open({ adapters: [adapter] })
    const ana = await driver.addAccount('ana')
    driver.sync.requestSync({ account: ana, authority: 'tasks', manual: true })
    await driver.settle()
    expect(await driver.sync.isSyncActive({ account: ana, authority: 'tasks' })).toBe(true)
    const restarted = driver.restart()
    adapter.release()
    await restarted
    await driver.settle()
    expect(adapter.runs.map(({ attempt }) => attempt)).toEqual([1, 1])
  })
})
