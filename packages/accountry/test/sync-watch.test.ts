import type { SyncStatus } from 'accountry'
import { describe, expect, test } from 'vitest'
import { changesOf, progressText, type Sight } from '../src/command/sync-watch.ts'

const target = { account: { id: 'a', type: 'com.example', name: 'ana' }, authority: 'tasks' }

function sight(status: Partial<SyncStatus>, progress?: Sight['progress']): Sight {
  const totals = { numSyncs: 0, totalElapsedMs: 0, numFailures: 0, numCancels: 0, bySource: {} }
  const base = { active: false, pending: false, totals, events: [] }
  return { id: 'a', name: 'tasks of ana', target, status: { ...base, ...status } as SyncStatus, progress }
}

function seen(...sights: (Sight | undefined)[]): string[] {
  return sights.flatMap((now, index) =>
    now === undefined
      ? []
      : changesOf(sights[index - 1], now).map(({ what, text }) => (text === undefined ? what : `${what} ${text}`)),
  )
}

describe('changesOf', () => {
  test('tells a run from queue to success', () => {
    const done = { done: 1, total: 2 }
    expect(
      seen(
        sight({}),
        sight({ pending: true }),
        sight({ active: true }),
        sight({ active: true }, done),
        sight({ active: true }, done),
        sight({ lastSuccessAt: 5 }),
        sight({ lastSuccessAt: 5 }),
      ),
    ).toEqual(['queued', 'running', 'running 1/2', 'synchronised'])
  })

  test('tells a failure and what follows', () => {
    const failed = { lastFailureAt: 5, lastFailure: 'io-error' }
    expect(seen(sight({ active: true }), sight({ ...failed, pending: true }))).toEqual([
      'running',
      'failed io-error',
      'queued',
    ])
    const parked = { parked: { reason: 'authentication-error', since: 1 } }
    expect(seen(sight({}), sight(parked), sight(parked))).toEqual(['parked authentication-error'])
  })

  test('tells nothing of what happened before it looked, or of what was never asked for', () => {
    expect(seen(sight({ lastSuccessAt: 5, lastFailureAt: 6 }))).toEqual([])
    expect(changesOf(undefined, { id: 'a', name: 'x', target, status: undefined })).toEqual([])
  })

  test.each([
    [undefined, undefined],
    [{}, undefined],
    [{ done: 3 }, '3'],
    [{ done: 3, total: 9, text: 'mails' }, '3/9 mails'],
    [{ text: 'mails' }, 'mails'],
  ])('says %j as %j', (progress, expected) => {
    expect(progressText(progress)).toBe(expected)
  })
})
