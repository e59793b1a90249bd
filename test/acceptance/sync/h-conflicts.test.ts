import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openDriver, openSmallWorld, openWorld } from './support/world.ts'

describe('4.H conflicts, concurrency, priority', () => {
  it('case 117: the second account of a serial adapter waits for the first', async () => {
    const { sync, A1X, A2X, X, advance, settle } = await openWorld()
    X.hold()
    sync.requestSync(A1X)
    await settle()
    sync.requestSync(A2X)
    await advance(60_000)
    expect(X.runs).toHaveLength(1)
    X.release()
    await advance(10_000)
    expect(X.runs).toHaveLength(2)
  })

  it('case 118: another operation of the same target waits, also on a parallel adapter', async () => {
    const { sync, A1X, X, settle, advance } = await openWorld({ adapter: { allowParallelSyncs: true } })
    X.hold()
    sync.requestSync(A1X)
    await settle()
    sync.requestSync({ ...A1X, extras: { a: 1 } })
    await settle()
    expect(X.runs).toHaveLength(1)
    X.release()
    await advance(10_000)
    expect(X.runs).toHaveLength(2)
  })

  it('case 119: another authority, and another account type, run at the same time', async () => {
    const { sync, A1X, A1Y, B1X, X, Y, X2, settle } = await openWorld()
    for (const adapter of [X, Y, X2]) adapter.hold()
    for (const target of [A1X, A1Y, B1X]) sync.requestSync(target)
    await settle()
    expect([X, Y, X2].map(({ active }) => active.length)).toEqual([1, 1, 1])
  })

  it.each([true, false])(
    'case 120: a normal one waits for an expedited one, equals wait too (%s)',
    async (expedited) => {
      const { sync, A1X, A2X, X, settle } = await openWorld()
      X.hold()
      sync.requestSync({ ...A1X, expedited: true })
      await settle()
      sync.requestSync({ ...A2X, expedited })
      await settle()
      expect(X.runs).toHaveLength(1)
      expect(X.runs[0]?.context.signal.aborted).toBe(false)
    },
  )

  it('an expedited one takes the place of a normal one of the same adapter', async () => {
    const { sync, A1X, A2X, X, settle, advance } = await openWorld()
    X.next('hang')
    sync.requestSync(A1X)
    await settle()
    expect(await sync.requestSync({ ...A2X, expedited: true }).done).toMatchObject({ outcome: 'success' })
    await advance(10_000)
    expect(X.runs.map(({ account }) => account.name)).toEqual(['a', 'b', 'a'])
  })

  it('case 122: an initialisation takes the place of an expedited one', async () => {
    const { driver, adapter, add } = await openSmallWorld()
    const A1 = await add('a')
    await driver.sync.whenIdle()
    adapter.next('hang')
    driver.sync.requestSync({ account: A1, authority: 'X', manual: true, expedited: true })
    await driver.settle()
    await add('b')
    await driver.settle()
    expect(adapter.runs[2]).toMatchObject({ initialize: true, account: { name: 'b' } })
  })

  it('case 123: who made room keeps attempts and wait', async () => {
    const { sync, A1X, A2X, X, settle, advance } = await openWorld()
    X.next('hang')
    const { done } = sync.requestSync(A1X)
    await settle()
    await sync.requestSync({ ...A2X, expedited: true }).done
    expect(await sync.getSyncStatus(A1X)).not.toHaveProperty('backoffUntilAt')
    await advance(9_999)
    expect(X.runs).toHaveLength(2)
    await advance(1)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
    expect(X.runs[2]?.attempt).toBe(1)
  })

  it('case 124: a periodic sync that has to wait for another run runs once', async () => {
    const { sync, A1X, A2X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000 })
    await advance(3_599_000)
    X.hold()
    sync.requestSync(A2X)
    await advance(31_000)
    expect(X.runs).toHaveLength(1)
    X.release()
    await advance(1_000)
    expect(X.runs.map(({ account, reason }) => [account.name, reason])).toEqual([
      ['b', 'app'],
      ['a', 'periodic'],
    ])
  })

  it('case 125: an operation that is no longer valid does not stop a healthy run', async () => {
    const { sync, A1X, A2X, X, advance, settle } = await openWorld()
    sync.requestSync({ ...A2X, expedited: true, notBeforeMs: 5_000 })
    X.hold()
    sync.requestSync(A1X)
    await settle()
    await sync.setSyncAutomatically(A2X, false)
    await advance(60_000)
    expect(X.runs).toHaveLength(1)
    expect(X.runs[0]?.context.signal.aborted).toBe(false)
  })

  it('case 126: never more run at once than may, and initialisation has places of its own', async () => {
    const adapter = createFakeSyncAdapter({ accountType: 'type1', authority: 'X', allowParallelSyncs: true })
    const driver = await openDriver({
      adapters: [adapter],
      concurrency: { regular: 3, initialization: 2 },
    })
    const old = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => driver.addAccount(name, 'type1')))
    await driver.sync.whenIdle()
    const before = adapter.runs.length
    adapter.hold()
    for (const account of old) driver.sync.requestSync({ account, authority: 'X', manual: true })
    for (const name of ['f', 'g', 'h']) await driver.addAccount(name, 'type1')
    await driver.settle()
    const active = adapter.runs.slice(before)
    expect(active.filter(({ initialize }) => !initialize)).toHaveLength(3)
    expect(active.filter(({ initialize }) => initialize)).toHaveLength(2)
    adapter.release()
    await driver.sync.whenIdle()
    expect(adapter.runs.length).toBe(before + 5 + 3)
    expect(adapter.mostAtOnce).toBe(5)
  })

  it('case 128: a run longer than five minutes makes room when another waits for its place', async () => {
    const { sync, A1X, A1Y, X, Y, settle, advance } = await openWorld({ concurrency: { regular: 1 } })
    X.next('hang')
    const { done } = sync.requestSync(A1X)
    await settle()
    sync.requestSync(A1Y)
    await advance(299_000)
    expect(Y.runs).toHaveLength(0)
    await advance(2_000)
    expect(Y.runs).toHaveLength(1)
    await advance(10_000)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
  })

  it('case 128: while nobody waits it goes on', async () => {
    const { sync, A1X, X, settle, advance } = await openWorld({ concurrency: { regular: 1 } })
    X.hold()
    sync.requestSync(A1X)
    await settle()
    await advance(600_000)
    expect(X.runs).toHaveLength(1)
    expect(X.active).toHaveLength(1)
  })

  it('case 130: a constant stream of expedited requests starves nobody', async () => {
    const { sync, A1X, A1Y, A2X, X, Y, advance, settle } = await openWorld({ concurrency: { regular: 1 } })
    Y.always = 'hang'
    let served = false
    X.always = ({ account, result }) => {
      result.stats.numInserts++
      if (account.name === 'b') served = true
    }
    sync.requestSync(A2X)
    for (let second = 0; second < 120 && !served; second++) {
      sync.requestSync({ ...A1X, expedited: true, extras: { second } })
      sync.requestSync({ ...A1X, expedited: true, extras: { second, again: true } })
      await advance(1_000)
    }
    expect(served).toBe(true)
    sync.requestSync(A1Y)
    await settle()
  })
})
