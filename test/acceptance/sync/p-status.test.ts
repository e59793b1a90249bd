import diagnostics from 'node:diagnostics_channel'
import type { SyncOperationEvent } from '@accountry/sync'
import { describe, expect, it } from 'vitest'
import { DAY, openWorld, record } from './support/world.ts'

describe('4.P status, history, observers', () => {
  it('case 264, 266: each event says which account, authority and operation, from where to where, and why', async () => {
    const { sync, A1X, A1, X, advance } = await openWorld()
    const seen: SyncOperationEvent[] = []
    for (const event of ['sync:queued', 'sync:started', 'sync:finished'] as const) {
      sync.on(event, (detail) => seen.push(detail))
    }
    X.next('soft')
    const { id } = sync.requestSync(A1X)
    await advance(30_000)
    for (const event of seen) expect(event).toMatchObject({ id, account: A1, authority: 'X', reason: 'app' })
    expect(seen.map(({ from, to, attempt }) => [from, to, attempt])).toEqual([
      ['none', 'queued', 0],
      ['queued', 'active', 1],
      ['active', 'queued', 1],
      ['queued', 'active', 2],
      ['active', 'over', 2],
    ])
  })

  it('case 267: pending, then active and not pending, then neither', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.hold()
    const states: unknown[] = []
    const look = async (): Promise<void> => {
      states.push([await sync.isSyncPending(A1X), await sync.isSyncActive(A1X)])
    }
    await look()
    const { accepted, done } = sync.requestSync({ ...A1X, notBeforeMs: 1 })
    await accepted
    await look()
    await sync.cancelSync(A1X)
    await done
    await look()
    sync.requestSync(A1X)
    await settle()
    await look()
    X.release()
    await sync.whenIdle()
    await look()
    expect(states).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [false, true],
      [false, false],
    ])
  })

  it('case 268: pending is false after success, hard failure, drop and cancel', async () => {
    const { sync, A1X, X } = await openWorld()
    await sync.requestSync(A1X).done
    expect(await sync.isSyncPending(A1X)).toBe(false)
    X.next('hard')
    await sync.requestSync(A1X).done
    expect(await sync.isSyncPending(A1X)).toBe(false)
    const dropped = sync.requestSync({ ...A1X, manual: true, notBeforeMs: 1_000 })
    await sync.setIsSyncable(A1X, 0)
    expect(await dropped.done).toMatchObject({ outcome: 'dropped', reason: 'not-syncable' })
    expect(await sync.isSyncPending(A1X)).toBe(false)
  })

  it('case 269: success and failure are remembered with time, source and message', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    const start = driver.clock.now()
    X.next('hard', 'hard')
    await sync.requestSync({ ...A1X, manual: true }).done
    await advance(1_000)
    await sync.requestSync({ ...A1X, manual: true }).done
    expect(await sync.getSyncStatus(A1X)).toMatchObject({
      lastFailureAt: start + 1_000,
      lastFailureSource: 'user',
      lastFailure: 'parse-error',
      initialFailureAt: start,
      totals: { numSyncs: 2, numFailures: 2, numCancels: 0, bySource: { user: 2 } },
    })
    await advance(1_000)
    await sync.requestSync({ ...A1X, ignoreBackoff: true }).done
    const status = await sync.getSyncStatus(A1X)
    expect(status).toMatchObject({
      lastSuccessAt: start + 2_000,
      lastSuccessSource: 'other',
      lastFailureAt: start + 1_000,
    })
    expect(status).not.toHaveProperty('initialFailureAt')
  })

  it('the history tells how each run ended, in the words of outcomes, and what it was', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.next('ok', 'soft', 'hard', 'auth', 'hang')
    for (let n = 0; n < 4; n++) {
      sync.requestSync({ ...A1X, manual: true, extras: { n } })
      await sync.whenIdle()
    }
    sync.requestSync({ ...A1X, manual: true, extras: { n: 4 } })
    await settle()
    await sync.cancelSync(A1X)
    await sync.whenIdle()
    expect((await sync.getHistory()).map(({ outcome, result }) => [outcome, result]).reverse()).toEqual([
      ['success', 'success'],
      ['soft-error', 'io-error'],
      ['hard-error', 'parse-error'],
      ['parked', 'authentication-error'],
      ['canceled', 'canceled'],
    ])
  })

  it('case 270: a cancel changes neither', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    await sync.requestSync(A1X).done
    const before = await sync.getSyncStatus(A1X)
    X.next('hang')
    sync.requestSync(A1X)
    await settle()
    await sync.cancelSync(A1X)
    await sync.whenIdle()
    const after = await sync.getSyncStatus(A1X)
    expect(after?.lastSuccessAt).toBe(before?.lastSuccessAt)
    expect(after).not.toHaveProperty('lastFailureAt')
    expect(after?.totals).toMatchObject({ numSyncs: 2, numCancels: 1 })
  })

  it('case 272: the 101st run drops the oldest, the 11th event of a target too', async () => {
    const { sync, A1X, settle } = await openWorld()
    for (let n = 0; n < 101; n++) await sync.requestSync({ ...A1X, extras: { n } }).done
    await settle()
    const history = await sync.getHistory()
    expect(history).toHaveLength(100)
    expect(history[0]?.id).toBeGreaterThan(history[99]?.id ?? Number.POSITIVE_INFINITY)
    expect((await sync.getSyncStatus(A1X))?.events).toHaveLength(10)
    expect(await sync.getHistory({ limit: 3 })).toEqual(history.slice(0, 3))
    expect(await sync.getHistory({ authority: 'Y' })).toEqual([])
  })

  it('case 273: each day counts for itself, and 28 days are kept', async () => {
    const { driver, sync, A1X, X } = await openWorld()
    for (let day = 0; day < 30; day++) {
      if (day % 2 === 1) X.next('hard')
      await sync.requestSync({ ...A1X, manual: true }).done
      driver.clock.jump(DAY)
    }
    const days = await sync.getDayStats()
    expect(days).toHaveLength(28)
    expect(days.slice(0, 2)).toMatchObject([
      { successCount: 0, failureCount: 1 },
      { successCount: 1, failureCount: 0 },
    ])
  })

  it('case 274, 275: a clock that goes back by weeks loses no statistics and breaks nothing', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    await sync.requestSync(A1X).done
    X.hold()
    sync.requestSync(A1X)
    await settle()
    driver.clock.jump(-56 * DAY)
    X.release()
    await sync.whenIdle()
    expect(await sync.getSyncStatus(A1X)).toMatchObject({ today: { numSyncs: 2 }, totals: { numSyncs: 2 } })
    expect((await sync.getHistory())[0]?.durationMs).toBeGreaterThanOrEqual(0)
  })

  it('case 276: nothing is known of a target that was never used', async () => {
    const { sync } = await openWorld()
    expect(await sync.getSyncStatus({ account: 'nobody', authority: 'X' })).toBeUndefined()
  })

  it('case 278: every registered adapter is listed with its flags', async () => {
    const { sync } = await openWorld()
    const common = { userVisible: true, supportsUploading: true, allowParallelSyncs: false, isAlwaysSyncable: true }
    expect(sync.getSyncAdapterTypes()).toEqual([
      { accountType: 'type1', authority: 'X', ...common },
      { accountType: 'type1', authority: 'Y', ...common },
      { accountType: 'type2', authority: 'X', ...common },
    ])
  })

  it('case 279: a listener that throws disturbs neither the engine nor other listeners', async () => {
    const { sync, A1X } = await openWorld()
    sync.on('sync:queued', () => {
      throw new Error('broken listener')
    })
    const queued = record(sync, 'sync:queued')
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'success' })
    expect(queued).toHaveLength(1)
  })

  it('tells each listener until it is taken away, and one that wants one event just that one', async () => {
    const { sync, A1X, A1Y } = await openWorld()
    const seen: string[] = []
    const always = (): void => void seen.push('always')
    sync.on('sync:queued', always).once('sync:queued', () => void seen.push('once'))
    await sync.requestSync(A1X).done
    await sync.requestSync(A1Y).done
    sync.off('sync:queued', always)
    await sync.requestSync(A1X).done
    expect(seen).toEqual(['always', 'once', 'always'])
  })

  it('shows what runs, with its progress', async () => {
    const { sync, A1, A1X, X, settle } = await openWorld()
    X.hold()
    const progress = record(sync, 'sync:progress')
    const { id } = sync.requestSync({ ...A1X, manual: true })
    await settle()
    X.runs[0]?.context.progress({ done: 3, total: 10, text: 'tasks' })
    expect(await sync.getCurrentSyncs()).toMatchObject([
      { id, account: A1, authority: 'X', reason: 'user', attempt: 1, progress: { done: 3, total: 10, text: 'tasks' } },
    ])
    expect(progress).toMatchObject([{ id, progress: { done: 3 } }])
  })

  it('publishes every event on the diagnostics channel, without names of accounts in the log', async () => {
    const seen: unknown[] = []
    const listener = (message: unknown): void => void seen.push(message)
    diagnostics.subscribe('accountry:sync', listener)
    const lines: string[] = []
    const write = (event: string, fields?: object): void => void lines.push(JSON.stringify([event, fields]))
    const logger = { debug: write, info: write, warn: write, error: write }
    const { sync, A1X, X } = await openWorld({ logger })
    X.next(() => {
      throw new Error('broken')
    })
    await sync.requestSync(A1X).done
    diagnostics.unsubscribe('accountry:sync', listener)
    expect(seen.map((message) => (message as { event: string }).event)).toContain('sync:finished')
    expect(lines.join()).not.toContain('"a"')
  })
})
