import { createSyncResult, formatDuration, resultLogCode, type SyncResult } from '@accountry/sync'
import { describe, expect, it } from 'vitest'
import { MINUTE, openWorld } from './support/world.ts'

describe('4.U utilities', () => {
  it.each([
    [0, '0s'],
    [9, '9s'],
    [60, '1m00s'],
    [3_600, '1h00m00s'],
    [86_400, '1d00h00m00s'],
    [123 * 86_400 + 3_600, '123d01h00m00s'],
    [-61, '-1m01s'],
  ])('case 350: %i seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds * 1_000)).toBe(text)
  })

  it.each<[string, (result: SyncResult) => void]>([
    ['', () => undefined],
    ['f1', (result) => Object.assign(result, { fullSyncRequested: true })],
    ['X1e2', ({ stats }) => Object.assign(stats, { numParseExceptions: 2 })],
    ['X1c1', ({ stats }) => Object.assign(stats, { numConflicts: 1 })],
    ['X1a3', ({ stats }) => Object.assign(stats, { numAuthExceptions: 3 })],
    ['X1D1', (result) => Object.assign(result, { tooManyDeletions: true })],
    ['X1R1', (result) => Object.assign(result, { tooManyRetries: true })],
    ['X1b1', (result) => Object.assign(result, { databaseError: true })],
    ['x1l1', (result) => Object.assign(result, { syncAlreadyInProgress: true })],
    ['x1I4', ({ stats }) => Object.assign(stats, { numIoExceptions: 4 })],
    ['X1e1x1I1', ({ stats }) => Object.assign(stats, { numParseExceptions: 1, numIoExceptions: 1 })],
  ])('case 351: the log code %s', (code, set) => {
    const result = createSyncResult()
    set(result)
    expect(resultLogCode(result)).toBe(code)
  })

  it('case 352: everything that waits is listed with its time and what it waits for', async () => {
    const { driver, sync, A1, A1X, A1Y, A2X, B1X, X } = await openWorld()
    driver.environment.network = 'metered'
    X.next('soft')
    sync.requestSync(A1X)
    await sync.whenIdle()
    sync.requestSync({ ...A1Y, disallowMetered: true })
    sync.requestSync({ ...A2X, notBeforeMs: MINUTE })
    sync.requestSync({ ...B1X, disallowMetered: true, notBeforeMs: MINUTE })
    const now = driver.clock.now()
    expect(await sync.getPendingSyncs()).toMatchObject([
      { account: A1, authority: 'X', dueAt: now + 30_000, attempt: 1, waitsFor: ['backoff'] },
      { authority: 'Y', dueAt: now, waitsFor: ['metered-network'] },
      { authority: 'X', dueAt: now + MINUTE, waitsFor: ['not-before'] },
      { authority: 'X', waitsFor: ['metered-network', 'not-before'] },
    ])
    expect((await sync.explain(A1X)).text).toBe('waiting: it waits after errors; next in 30s')
  })
})
