import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openKnownWorld } from './support/known-world.ts'

/** Another process that writes: whatever this one has to write waits, and is then written together. */
function busyStore(directory: string): Disposable {
  const connection = new DatabaseSync(join(directory, 'sync.db'))
  connection.exec('BEGIN IMMEDIATE')
  return {
    [Symbol.dispose]() {
      connection.exec('ROLLBACK')
      connection.close()
    },
  }
}

describe('a request that is stored in the same transaction as the start of what it would have joined', () => {
  it('is a run of its own, after the one that has begun', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    const earlier = adapter.runs.length
    driver.environment.set({ network: 'none' })
    await driver.settle()
    const first = driver.sync.requestSync({ ...A, manual: true })
    await first.accepted
    await driver.settle()
    adapter.hold()
    let second: typeof first
    {
      using _busy = busyStore(driver.directory)
      driver.environment.set({ network: 'unmetered' })
      await driver.settle()
      second = driver.sync.requestSync({ ...A, manual: true })
      await driver.settle()
    }
    await second.accepted
    await driver.settle()
    expect(adapter.runs.length - earlier).toBe(1)
    adapter.release()
    await driver.sync.whenIdle()
    expect([(await first.done).outcome, (await second.done).outcome]).toEqual(['success', 'success'])
    expect(adapter.runs.length - earlier).toBe(2)
    expect(adapter.mostAtOnce).toBe(1)
  })
})
