import { describe, expect, it } from 'vitest'
import { openWorld } from './support/world.ts'

describe('4.G queueing and merging', () => {
  it('case 100: the same request for an earlier time makes the queued one earlier', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    sync.requestSync({ ...A1X, notBeforeMs: 60_000 })
    sync.requestSync({ ...A1X, notBeforeMs: 10_000 })
    expect(await sync.getPendingSyncs()).toHaveLength(1)
    await advance(9_999)
    expect(X.runs).toHaveLength(0)
    await advance(1)
    expect(X.runs).toHaveLength(1)
    await advance(60_000)
    expect(X.runs).toHaveLength(1)
  })

  it('case 101: the same request for a later time follows the queued one', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    const first = sync.requestSync({ ...A1X, notBeforeMs: 10_000 })
    await first.accepted
    const second = sync.requestSync({ ...A1X, notBeforeMs: 60_000 })
    expect(second).toMatchObject({ outcome: 'merged', id: first.id })
    await advance(10_000)
    expect(await second.done).toMatchObject({ outcome: 'success' })
    await advance(60_000)
    expect(X.runs).toHaveLength(1)
  })

  it('case 102: other extras are another operation', async () => {
    const { sync, A1X, X } = await openWorld()
    sync.requestSync(A1X)
    sync.requestSync({ ...A1X, extras: { custom: 1 } })
    await sync.whenIdle()
    expect(X.runs).toHaveLength(2)
  })

  it('case 104: what was merged has the more demanding priority and reason of both', async () => {
    const { sync, A1X, A1Y, Y, X, settle } = await openWorld({ start: false, concurrency: { regular: 1 } })
    sync.requestSync(A1Y)
    sync.requestSync(A1X)
    sync.requestSync({ ...A1X, expedited: true })
    X.hold()
    Y.hold()
    sync.start()
    await settle()
    expect([X.runs.length, Y.runs.length]).toEqual([1, 0])
  })

  it('case 105: a request for what runs leads to exactly one more run, into which further ones merge', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.hold()
    const first = sync.requestSync(A1X)
    await settle()
    const second = sync.requestSync(A1X)
    await settle()
    const third = sync.requestSync(A1X)
    expect([second.outcome, third.outcome]).toEqual(['accepted', 'merged'])
    expect(third.id).toBe(second.id)
    await settle()
    expect(X.runs).toHaveLength(1)
    X.release()
    expect(await Promise.all([first.done, second.done, third.done])).toMatchObject(
      Array.from({ length: 3 }, () => ({ outcome: 'success' })),
    )
    await settle()
    expect(X.runs).toHaveLength(2)
  })

  it('case 106: what is written during an upload reaches the server', async () => {
    const { sync, A1X, X, advance, settle } = await openWorld()
    const local = ['one']
    let server: string[] = []
    X.always = (context) => {
      server = [...local]
      context.result.stats.numUpdates++
    }
    X.next(async (context) => {
      const read = [...local]
      local.push('two')
      sync.notifyChange(A1X)
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
      server = read
      context.result.stats.numUpdates++
    })
    sync.notifyChange(A1X)
    await advance(30_000)
    expect(server).toEqual(['one'])
    await advance(30_000)
    await settle()
    expect(server).toEqual(['one', 'two'])
  })

  it('case 107: expedited ones first, then by time', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld({ start: false })
    for (const seconds of [0, 100, 150, 60, 80]) {
      sync.requestSync({ ...A1X, extras: { at: seconds }, notBeforeMs: seconds * 1_000 })
    }
    sync.requestSync({ ...A1X, extras: { at: -1 }, expedited: true })
    await advance(150_000)
    driver.sync.start()
    await driver.sync.whenIdle()
    expect(X.runs.map(({ extras }) => extras['at'])).toEqual([-1, 0, 60, 80, 100, 150])
  })

  it('case 107: while none is overdue the expedited one comes first', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld({ start: false })
    for (const seconds of [0, 10, 15, 6, 8]) {
      sync.requestSync({ ...A1X, extras: { at: seconds }, notBeforeMs: seconds * 1_000 })
    }
    sync.requestSync({ ...A1X, extras: { at: -1 }, expedited: true })
    await advance(15_000)
    driver.sync.start()
    await driver.sync.whenIdle()
    expect(X.runs.map(({ extras }) => extras['at'])).toEqual([-1, 0, 6, 8, 10, 15])
  })

  it('case 108: one that waits after errors lets the next pass, and comes first when its wait is over', async () => {
    const { sync, A1X, A2X, X, advance } = await openWorld()
    X.next('soft')
    const first = sync.requestSync(A1X)
    await sync.whenIdle()
    sync.requestSync({ ...A2X, notBeforeMs: 5_000 })
    await advance(5_000)
    expect(X.runs.map(({ account }) => account.name)).toEqual(['a', 'b'])
    await sync.cancelSync({ account: A1X.account, authority: 'X' })
    expect(await first.done).toMatchObject({ outcome: 'canceled' })
    await sync.requestSync(A1X).done
    expect(X.runs.map(({ account }) => account.name)).toEqual(['a', 'b', 'a'])
  })

  it('case 110: what ignores the wait runs before an expedited one that does not', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.next('soft')
    sync.requestSync(A1X)
    await settle()
    sync.requestSync({ ...A1X, expedited: true, extras: { a: 1 } })
    sync.requestSync({ ...A1X, ignoreBackoff: true, extras: { b: 1 } })
    await settle()
    expect(X.runs.map(({ extras }) => extras)).toEqual([{}, { b: 1 }, { a: 1 }, {}])
  })

  it('case 112: a duplicate of which one is expedited is expedited', async () => {
    const { sync, A1X, A1Y, X, Y, settle } = await openWorld({ start: false, concurrency: { regular: 1 } })
    sync.requestSync({ ...A1Y, expedited: true })
    sync.requestSync(A1X)
    sync.requestSync(A1Y)
    X.hold()
    Y.hold()
    sync.start()
    await settle()
    expect([X.runs.length, Y.runs.length]).toEqual([0, 1])
  })

  it('case 113: one remains per key, however often and by whom it was asked for', async () => {
    const { driver, A1X } = await openWorld({ start: false })
    for (let n = 0; n < 3; n++) {
      driver.sync.requestSync(A1X)
      await driver.restart({ start: false })
    }
    expect(await driver.sync.getPendingSyncs()).toHaveLength(1)
  })

  it('case 116: ten thousand queued operations of one target do not slow down the next', async () => {
    const { sync, A1X, X } = await openWorld({ start: false })
    const handles = Array.from({ length: 10_000 }, (_, n) => sync.requestSync({ ...A1X, extras: { n } }))
    await Promise.all(handles.map(({ accepted }) => accepted))
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    for (let n = 0; n < 20; n++) await sync.requestSync({ ...A1X, extras: { n: -1 - n } }).accepted
    clearInterval(timer)
    expect((await sync.getPendingSyncs({ limit: 20_000 })).length).toBe(10_020)
    expect(X.runs).toEqual([])
    // Figures are asserted in the benchmark; here only that it is not quadratic.
    expect(longest).toBeLessThan(1_000)
  })
})
