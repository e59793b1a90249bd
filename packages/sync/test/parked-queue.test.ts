import { describe, expect, it } from 'vitest'
import { openKnownWorld } from './support/known-world.ts'

describe('when a target is parked', () => {
  it('what else is queued for it is parked, too, and runs when the person has signed in', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    adapter.hold()
    adapter.next('auth')
    const requests = [1, 2].map((n) => driver.sync.requestSync({ ...A, extras: { n } }))
    requests.push(driver.sync.requestSync({ ...A, extras: { n: 3 }, notBeforeMs: 60_000 }))
    await driver.settle()
    adapter.release()
    for (const { done } of requests) expect((await done).outcome).toBe('parked')
    await driver.advance(120_000)
    expect(adapter.runs).toHaveLength(1)
    expect(await driver.sync.requestSync(B).done).toMatchObject({ outcome: 'success' })
    expect((await driver.sync.getPendingSyncs()).map(({ state }) => state)).toEqual(['parked', 'parked', 'parked'])
    await driver.accounts.setPassword(A.account, 'another')
    await driver.settle()
    await driver.sync.whenIdle()
    expect(adapter.runs.slice(2).map(({ extras }) => extras['n'])).toEqual([1, 2, 3])
  })

  it('what the person insists on is tried, and its promise settles', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    adapter.hold()
    adapter.always = 'auth'
    const first = driver.sync.requestSync(A)
    const insisting = driver.sync.requestSync({ ...A, manual: true })
    await driver.settle()
    adapter.release()
    expect((await first.done).outcome).toBe('parked')
    expect((await insisting.done).outcome).toBe('parked')
    expect(adapter.runs).toHaveLength(2)
  })
})

describe('an initialisation', () => {
  it('that is parked parks what waits for it', async () => {
    const { driver, adapter } = await openKnownWorld({ isAlwaysSyncable: false })
    adapter.hold()
    adapter.always = 'auth'
    const account = await driver.addAccount('carl')
    const target = { account, authority: adapter.authority }
    const waiting = driver.sync.requestSync({ ...target, extras: { a: 1 } })
    await driver.settle()
    adapter.release()
    expect((await waiting.done).outcome).toBe('parked')
    const insisting = driver.sync.requestSync({ ...target, extras: { b: 1 }, manual: true })
    expect((await insisting.done).outcome).toBe('parked')
    const before = adapter.runs.length
    adapter.always = 'ok'
    await driver.accounts.setPassword(account, 'another')
    await driver.settle()
    await driver.sync.whenIdle()
    const after = adapter.runs.slice(before).map(({ initialize, extras }) => (initialize ? 'init' : extras))
    expect(after[0]).toBe('init')
    expect(after.slice(1)).toHaveLength(2)
    expect(after).toContainEqual({ a: 1 })
    expect(after).toContainEqual({ b: 1 })
  })

  it('waits after an error, but not for a person who asks', async () => {
    const { driver, adapter } = await openKnownWorld({ isAlwaysSyncable: false })
    adapter.next('soft')
    const account = await driver.addAccount('carl')
    const target = { account, authority: adapter.authority }
    await driver.settle()
    driver.sync.requestSync(target)
    await driver.settle()
    expect((await driver.sync.explain(target)).state).toBe('waiting')
    expect(await driver.sync.requestSync({ ...target, manual: true }).done).toMatchObject({ outcome: 'success' })
  })
})

describe('thousands of requests for one target that is at work', () => {
  it('hide nothing that is due for others', async () => {
    const { driver, adapter, A, B } = await openKnownWorld({ allowParallelSyncs: true })
    adapter.next('hang')
    driver.sync.requestSync({ ...A, manual: true })
    await driver.settle()
    const last = Array.from({ length: 5_000 }, (_, n) => driver.sync.requestSync({ ...A, extras: { n } })).at(-1)
    await last?.accepted
    await driver.advance(1)
    expect(await driver.sync.requestSync(B).done).toMatchObject({ outcome: 'success' })
    await driver.sync.cancelSync()
  })
})
