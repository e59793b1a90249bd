import { describe, expect, it } from 'vitest'
import { openSqliteStore } from '../src/sqlite/open-sqlite-store.ts'
import { openKnownWorld } from './support/known-world.ts'

describe('what a dead process was running', () => {
  it('runs again, unless it was canceled before the process died', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    await driver.restart({ start: false })
    const runs = [A, B].map((target) => driver.sync.requestSync({ ...target, manual: true }))
    for (const { accepted } of runs) await accepted
    const store = await openSqliteStore({ directory: driver.directory })
    await store.write(() => {
      for (const [at, { id }] of runs.entries()) {
        const queued = store.operations.get(id)
        if (queued === undefined) throw new Error('it is not stored')
        const stop = at === 0 ? 'canceled' : undefined
        store.operations.save({ ...queued, state: 'running', claimedBy: '0123456789abcdef', startedAt: 0, stop })
      }
    })
    store.close()
    const before = adapter.runs.length
    driver.sync.start()
    await driver.settle()
    await driver.sync.whenIdle()
    expect(await runs[0]?.done).toMatchObject({ outcome: 'canceled' })
    expect(await runs[1]?.done).toMatchObject({ outcome: 'success' })
    expect(adapter.runs.slice(before).map(({ account }) => account.name)).toEqual(['bob'])
  })
})
