import { createSyncResult, createSyncStats, hasHardError, hasSoftError, type SyncResult } from '@accountry/sync'
import { describe, expect, it } from 'vitest'
import { openSmallWorld, openWorld, record } from './support/world.ts'

describe('4.F adapter runtime', () => {
  it('case 87: an adapter that is not parallel is not called for a second account meanwhile', async () => {
    const { sync, A1X, A2X, X, settle } = await openWorld()
    X.hold()
    sync.requestSync(A1X)
    const { done } = sync.requestSync(A2X)
    await settle()
    expect(X.runs).toHaveLength(1)
    expect((await sync.explain(A2X)).reasons).toEqual(['conflict'])
    X.release()
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
  })

  it('case 88: a parallel adapter runs for two accounts at once', async () => {
    const { sync, A1X, A2X, X, settle } = await openWorld({ adapter: { allowParallelSyncs: true } })
    X.hold()
    sync.requestSync(A1X)
    sync.requestSync(A2X)
    await settle()
    expect(X.active).toHaveLength(2)
  })

  it('case 89: even a parallel adapter is not called twice for one account', async () => {
    const { sync, A1X, X, settle } = await openWorld({ adapter: { allowParallelSyncs: true } })
    X.hold()
    sync.requestSync(A1X)
    sync.requestSync({ ...A1X, extras: { other: 1 } })
    await settle()
    expect(X.active).toHaveLength(1)
    X.release()
    await sync.whenIdle()
    expect(X.mostAtOnce).toBe(1)
    expect(X.runs).toHaveLength(2)
  })

  it('case 90: an adapter whose data store is missing reports a hard error', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(({ result }) => {
      result.databaseError = true
    })
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', reason: 'internal-error' })
  })

  it('case 90: a lack of rights is told to the adapter and is a hard error', async () => {
    const told: unknown[] = []
    const { sync, A1X, X } = await openWorld({
      adapter: { onSecurityException: (_context, error) => told.push(error) },
    })
    const error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    X.next(() => {
      throw error
    })
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', error: { code: 'EACCES' } })
    expect(told).toEqual([error])
  })

  it('case 92: whatever an adapter throws, the engine survives, and the outcome says what it was', async () => {
    const { sync, A1X, A1Y, X } = await openWorld()
    X.next(() => {
      throw new RangeError('something else')
    })
    const outcome = await sync.requestSync(A1X).done
    expect(outcome).toMatchObject({ outcome: 'hard-error', error: { name: 'RangeError', message: 'something else' } })
    expect(await sync.requestSync(A1Y).done).toMatchObject({ outcome: 'success' })
  })

  it('case 92: a failure of the network is a soft error', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(() => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })
    })
    const { done } = sync.requestSync(A1X)
    await advance(30_000)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('case 94: new statistics are nine zeros, and survive being written down', async () => {
    const stats = createSyncStats()
    expect(Object.values(stats)).toEqual(Array.from({ length: 9 }, () => 0))
    const { sync, A1X, X } = await openWorld()
    const counts = Object.fromEntries(Object.keys(stats).map((name, index) => [name, index + 1]))
    X.next(({ result }) => {
      Object.assign(result.stats, counts, { numAuthExceptions: 0 })
    })
    await sync.requestSync({ ...A1X, doNotRetry: true }).done
    expect((await sync.getHistory())[0]?.stats).toEqual({ ...counts, numAuthExceptions: 0 })
  })

  it.each<[string, (result: SyncResult) => void, boolean, boolean]>([
    ['parse', ({ stats }) => stats.numParseExceptions++, true, false],
    ['conflict', ({ stats }) => stats.numConflicts++, true, false],
    ['authentication', ({ stats }) => stats.numAuthExceptions++, true, false],
    ['too many deletions', (result) => (result.tooManyDeletions = true), true, false],
    ['too many retries', (result) => (result.tooManyRetries = true), true, false],
    ['database', (result) => (result.databaseError = true), true, false],
    ['I/O', ({ stats }) => stats.numIoExceptions++, false, true],
    ['already in progress', (result) => (result.syncAlreadyInProgress = true), false, true],
    ['nothing', () => undefined, false, false],
  ])('case 95, 96: %s', (_name, set, hard, soft) => {
    const result = createSyncResult()
    set(result)
    expect([hasHardError(result), hasSoftError(result)]).toEqual([hard, soft])
  })

  it('case 98: a run that ignores its abort keeps its place, others go on, and it shows as stuck', async () => {
    const { sync, A1X, A1Y, A2X, X, advance, settle } = await openWorld({ adapter: { limits: { graceMs: 5_000 } } })
    X.next('ignore-abort')
    const { done } = sync.requestSync(A1X)
    await settle()
    expect(await sync.cancelSync(A1X)).toBe(1)
    await advance(5_000)
    expect(await done).toMatchObject({ outcome: 'canceled' })
    sync.requestSync(A1X)
    sync.requestSync(A2X)
    expect(await sync.requestSync(A1Y).done).toMatchObject({ outcome: 'success' })
    await advance(60_000)
    expect(X.runs).toHaveLength(1)
    expect((await sync.getCurrentSyncs()).map(({ stuck, authority }) => [authority, stuck])).toEqual([['X', true]])
    expect((await sync.explain(A1X)).reasons).toContain('stuck')
    X.letGo()
    await sync.whenIdle()
    await settle()
    expect(X.runs).toHaveLength(3)
  })

  it('case 99: what a run does after it was given up is ignored', async () => {
    const { sync, A1X, X, advance, settle } = await openWorld({ adapter: { limits: { graceMs: 5_000 } } })
    X.next('ignore-abort')
    const finished = record(sync, 'sync:finished')
    const progress = record(sync, 'sync:progress')
    const { done } = sync.requestSync(A1X)
    await settle()
    await sync.cancelSync(A1X)
    await advance(5_000)
    expect(await done).toMatchObject({ outcome: 'canceled', reason: 'canceled' })
    X.runs[0]?.context.progress({ done: 1 })
    X.runs[0]?.context.cursor.set('late')
    X.letGo()
    await settle()
    expect(finished).toHaveLength(1)
    expect(progress).toEqual([])
    await sync.requestSync(A1X).done
    expect(X.runs[1]?.context.cursor.get()).toBeUndefined()
  })

  it('keeps the cursor of a run with its outcome', async () => {
    const { driver, A1X, X } = await openWorld()
    X.next(({ cursor }) => cursor.set('page-2'))
    await driver.sync.requestSync(A1X).done
    await driver.restart({ start: true })
    X.next(({ cursor }) => {
      expect(cursor.get()).toBe('page-2')
      cursor.set(undefined)
    })
    expect(await driver.sync.requestSync(A1X).done).toMatchObject({ outcome: 'success' })
    await driver.sync.requestSync(A1X).done
    expect(X.runs.at(-1)?.context.cursor.get()).toBeUndefined()
  })

  it('gives the adapter tokens of its account', async () => {
    const { driver, adapter, add } = await openSmallWorld({ isAlwaysSyncable: true })
    const A1 = await add('a')
    let value: string | undefined
    adapter.next(async ({ getAuthToken }) => {
      value = (await getAuthToken('tasks')).value
    })
    await driver.sync.requestSync({ account: A1, authority: 'X', manual: true }).done
    expect(value).toBe(`token-of-${A1.id}`)
  })

  it('keeps the tokens that a run was given out of what it says went wrong', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(async ({ getAuthToken }) => {
      const { value } = await getAuthToken('tasks')
      throw new Error(`GET https://api.example/tasks?access_token=${value} with ${value} failed`)
    })
    const { error } = await sync.requestSync(A1X).done
    expect(error?.message).toBe('GET https://api.example/tasks?[redacted] with [redacted] failed')
    expect(JSON.stringify([await sync.getHistory(), await sync.getSyncStatus(A1X)])).not.toContain('token-of')
  })
})
