import type { SyncResult } from '@accountry/sync'
import type { SyncStep } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openWorld, record } from './support/world.ts'

/** A run that sets fields of its result. */
function sets(change: (result: SyncResult) => void): SyncStep {
  return ({ result }) => change(result)
}

const inProgress = sets((result) => {
  result.syncAlreadyInProgress = true
})

describe('4.I results and retries', () => {
  it('case 131: after a success nothing is queued, active or waiting', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft')
    sync.requestSync(A1X)
    await advance(30_000)
    expect(await sync.getSyncStatus(A1X)).toMatchObject({ active: false, pending: false })
    expect(await sync.getSyncStatus(A1X)).not.toHaveProperty('backoffUntilAt')
    expect(await sync.getPendingSyncs()).toEqual([])
  })

  it('case 132: soft errors are tried again without limit', async () => {
    const { sync, A1X, X, advance } = await openWorld({ backoff: { initialMs: 2_000, factor: 1, maxMs: 2_000 } })
    X.always = 'soft'
    sync.requestSync(A1X)
    await advance(20_000)
    expect(X.runs).toHaveLength(11)
  })

  it.each<[string, SyncStep]>([
    ['parse-error', 'hard'],
    ['conflict', sets(({ stats }) => stats.numConflicts++)],
    ['internal-error', sets((result) => Object.assign(result, { databaseError: true }))],
    ['too-many-deletions', sets((result) => Object.assign(result, { tooManyDeletions: true }))],
  ])('case 134: %s is not tried again', async (reason, step) => {
    const { sync, A1X, X, advance } = await openWorld()
    X.always = step
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', reason, attempts: 1 })
    await advance(7_200_000)
    expect(X.runs).toHaveLength(1)
  })

  it('case 135: too many retries end it, also beside an I/O error', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(sets((result) => Object.assign(result, { tooManyRetries: true }).stats.numIoExceptions++))
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', reason: 'io-error' })
    await advance(7_200_000)
    expect(X.runs).toHaveLength(1)
  })

  it('case 136: what shall not be retried is not', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft')
    const { done } = sync.requestSync({ ...A1X, doNotRetry: true })
    expect(await done).toMatchObject({ outcome: 'soft-error', reason: 'io-error', attempts: 1 })
    await advance(7_200_000)
    expect(X.runs).toHaveLength(1)
  })

  it('case 137: not even that keeps one that found another at work from coming back after 10 seconds', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(inProgress)
    const { done } = sync.requestSync({ ...A1X, doNotRetry: true })
    await advance(9_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('case 138: with a wait after errors it comes back after the longer of both', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft', inProgress)
    sync.requestSync(A1X)
    await sync.whenIdle()
    sync.requestSync({ ...A1X, ignoreBackoff: true })
    await advance(29_999)
    expect(X.runs).toHaveLength(2)
    await advance(1)
    expect(X.runs).toHaveLength(3)
  })

  it('case 140: after an upload that failed for good a two-way run follows', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('hard')
    const { done } = sync.requestSync({ ...A1X, upload: true })
    await advance(30_000)
    expect(X.runs.map(({ upload }) => upload)).toEqual([true, false])
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('case 141: an upload that found another at work stays an upload', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(inProgress)
    sync.requestSync({ ...A1X, upload: true })
    await advance(10_000)
    expect(X.runs.map(({ upload }) => upload)).toEqual([true, true])
  })

  it('case 142: an upload that shall not be retried is not', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft')
    sync.requestSync({ ...A1X, upload: true, doNotRetry: true })
    await advance(7_200_000)
    expect(X.runs).toHaveLength(1)
  })

  it('case 143: a hard error after some progress is tried again after backoff', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(sets(({ stats }) => Object.assign(stats, { numParseExceptions: 1, numInserts: 1 })))
    const { done } = sync.requestSync(A1X)
    await advance(29_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('case 144: deletions that were held are no progress', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(sets((result) => Object.assign(result, { tooManyDeletions: true }).stats.numDeletes++))
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', attempts: 1 })
  })

  it.each([{ ignoreBackoff: true }, { manual: true }])(
    'case 146: the retry of %o waits as others do',
    async (flags) => {
      const { sync, A1X, X, advance } = await openWorld()
      X.next('soft', 'soft')
      const { done } = sync.requestSync({ ...A1X, ...flags })
      await advance(29_999)
      expect(X.runs).toHaveLength(1)
      await advance(60_001)
      expect(await done).toMatchObject({ outcome: 'success', attempts: 3 })
    },
  )

  it('case 147: the retry of a manual one still ignores the switches', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.setSyncAutomatically(A1X, false)
    X.next('soft')
    const { done } = sync.requestSync({ ...A1X, manual: true })
    await advance(30_000)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('case 149, 152: a periodic sync that fails is tried again by the table, and stays listed', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000, extras: { a: 1 } })
    X.next('soft', 'soft')
    await advance(3_600_000)
    expect(await sync.getPeriodicSyncs(A1X)).toHaveLength(1)
    await advance(30_000)
    await advance(60_000)
    expect(X.runs.map(({ extras, attempt, reason }) => [extras['a'], attempt, reason])).toEqual([
      [1, 1, 'periodic'],
      [1, 2, 'periodic'],
      [1, 3, 'periodic'],
    ])
  })

  it('case 150: a periodic sync that fails for good waits for its next period', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000 })
    X.next('hard')
    await advance(7_199_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })

  it('case 153: a full sync that was asked for follows without extras', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(sets((result) => Object.assign(result, { fullSyncRequested: true })))
    await sync.requestSync({ ...A1X, extras: { a: 1 } }).done
    await sync.whenIdle()
    expect(X.runs.map(({ extras, reason }) => [extras, reason])).toEqual([
      [{ a: 1 }, 'app'],
      [{}, 'full-sync-requested'],
    ])
  })

  it('case 154: it follows after an error too, when the wait is over', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(sets((result) => Object.assign(result, { fullSyncRequested: true }).stats.numParseExceptions++))
    await sync.requestSync({ ...A1X, extras: { a: 1 } }).done
    await advance(29_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs[1]).toMatchObject({ extras: {}, reason: 'full-sync-requested' })
  })

  it('case 155: a canceled run asks for nothing', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.next(async ({ result, signal }) => {
      result.fullSyncRequested = true
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    const { done } = sync.requestSync(A1X)
    await settle()
    await sync.cancelSync(A1X)
    expect(await done).toMatchObject({ outcome: 'canceled' })
    await sync.whenIdle()
    expect(X.runs).toHaveLength(1)
  })

  it('case 156: too many deletions are announced with the four answers, and taken back when they are over', async () => {
    const { sync, A1X, X } = await openWorld()
    const held = record(sync, 'sync:deletions-held')
    const released = record(sync, 'sync:deletions-released')
    X.next(sets((result) => (Object.assign(result, { tooManyDeletions: true }).stats.numDeletes = 120)))
    await sync.requestSync(A1X).done
    expect(held).toMatchObject([
      { account: A1X.account, authority: 'X', count: 120, answers: ['list', 'override', 'discard', 'nothing'] },
    ])
    expect((await sync.explain(A1X)).reasons).toContain('too-many-deletions')
    expect(await sync.getSyncStatus(A1X)).toMatchObject({ deletionsHeld: 120 })
    await sync.requestSync({ ...A1X, manual: true, deletions: 'override' }).done
    expect(X.runs[1]?.context.deletions).toBe('override')
    expect(released).toHaveLength(1)
    await sync.requestSync({ ...A1X, manual: true, deletions: 'discard' }).done
    expect(X.runs[2]?.context.deletions).toBe('discard')
  })

  it.each([false, true])(
    'case 158: more records lead to another run only where the adapter wants it (%s)',
    async (wants) => {
      const { sync, A1X, X } = await openWorld({ adapter: { continuesOnMoreRecords: wants } })
      X.next(sets((result) => Object.assign(result, { moreRecordsToGet: true })))
      await sync.requestSync({ ...A1X, extras: { a: 1 } }).done
      await sync.whenIdle()
      expect(X.runs).toHaveLength(wants ? 2 : 1)
      if (wants) expect(X.runs[1]).toMatchObject({ extras: { a: 1 }, reason: 'more-records' })
    },
  )

  it.each<[string, (result: SyncResult) => void]>([
    ['already-in-progress', (result) => Object.assign(result, { syncAlreadyInProgress: true, databaseError: true })],
    ['io-error', ({ stats }) => Object.assign(stats, { numIoExceptions: 1, numParseExceptions: 1 })],
    ['parse-error', ({ stats }) => Object.assign(stats, { numParseExceptions: 1, numConflicts: 1 })],
    ['conflict', (result) => Object.assign(result, { tooManyDeletions: true }).stats.numConflicts++],
    ['too-many-deletions', (result) => Object.assign(result, { tooManyDeletions: true, tooManyRetries: true })],
    ['too-many-retries', (result) => Object.assign(result, { tooManyRetries: true, databaseError: true })],
  ])('case 159: of several errors %s is reported', async (name, set) => {
    const { sync, A1X, X } = await openWorld()
    X.next(sets(set))
    sync.requestSync({ ...A1X, doNotRetry: true })
    await sync.whenIdle()
    expect((await sync.getHistory())[0]?.result).toBe(name)
  })

  it('case 160: a failure of the local store is an internal error', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(sets((result) => Object.assign(result, { databaseError: true })))
    expect(await sync.requestSync(A1X).done).toMatchObject({ reason: 'internal-error' })
  })

  it('case 161: with a limit on attempts it ends there, and the periodic sync goes on', async () => {
    const { sync, A1X, X, advance } = await openWorld({ backoff: { maxAttempts: 3 } })
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000 })
    X.next('soft', 'soft', 'soft')
    const { done } = sync.requestSync(A1X)
    await advance(90_000)
    expect(await done).toMatchObject({ outcome: 'soft-error', reason: 'too-many-attempts', attempts: 3 })
    await advance(3_600_000)
    expect(X.runs).toHaveLength(4)
  })

  it('takes a hard error beside a soft one as hard', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(sets(({ stats }) => Object.assign(stats, { numIoExceptions: 1, numParseExceptions: 1 })))
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', attempts: 1 })
  })
})
