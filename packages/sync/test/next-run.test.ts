import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DISCARD_LOCAL_DELETIONS,
  DO_NOT_RETRY,
  has,
  IGNORE_BACKOFF,
  IGNORE_SETTINGS,
  type OperationRecord,
  OVERRIDE_TOO_MANY_DELETIONS,
  TOKEN_RENEWED,
  UPLOAD,
} from '../src/queue/sync-operation.ts'
import { type BackoffPolicy, DEFAULT_BACKOFF } from '../src/run/backoff.ts'
import { continuationOf, fullSyncOf, type NextRun, nextRun, type RunEnd } from '../src/run/next-run.ts'
import { createSyncResult, type SyncResult } from '../src/sync-result.ts'
import { operation } from './support/records.ts'

const NOW = 1_000_000
const NO_WAITS = { backoffMs: 0, backoffUntilAt: 0, delayUntilAt: 0 }

function after(
  end: RunEnd | ((result: SyncResult) => unknown),
  fields: Partial<OperationRecord> = {},
  waits = NO_WAITS,
  policy: BackoffPolicy = DEFAULT_BACKOFF,
): NextRun {
  const result = createSyncResult()
  if (typeof end === 'function') end(result)
  const ended = typeof end === 'function' ? ({ kind: 'result', result } as const) : end
  return nextRun(operation({ state: 'running', attempt: 1, ...fields }), ended, waits, NOW, () => 0, policy)
}

describe('what follows from a run', () => {
  it('is nothing after a success, which ends every wait', () => {
    const next = after(() => undefined, {}, { backoffMs: 60_000, backoffUntilAt: NOW - 1, delayUntilAt: NOW - 1 })
    expect(next).toMatchObject({ outcome: 'success', verdict: 'success', delayUntilAt: 0 })
    expect(next.operation).toBeUndefined()
    expect(next.backoff).toEqual({ backoffMs: 0, backoffUntilAt: 0 })
  })

  it('is the same operation later after a soft error', () => {
    const next = after(({ stats }) => stats.numIoExceptions++, { claimedBy: 'me', slot: 'x', startedAt: 1 })
    expect(next).toMatchObject({
      outcome: undefined,
      verdict: 'failure',
      backoff: { backoffMs: 30_000, backoffUntilAt: NOW + 30_000 },
      operation: { state: 'queued', dueAt: NOW + 30_000, claimedBy: undefined, slot: undefined, startedAt: undefined },
    })
  })

  it('drops what was for the first attempt only, and keeps the rest', () => {
    const flags = IGNORE_BACKOFF | IGNORE_SETTINGS
    const next = after(({ stats }) => stats.numIoExceptions++, { flags })
    expect(next.operation?.flags).toBe(IGNORE_SETTINGS)
  })

  it('forgets after another error that a token was renewed, so that the same request merges with the retry', () => {
    const next = after(({ stats }) => stats.numIoExceptions++, { flags: TOKEN_RENEWED })
    expect(next.operation?.flags).toBe(0)
  })

  it('is nothing after a cancel, which changes no wait', () => {
    const waits = { backoffMs: 30_000, backoffUntilAt: NOW + 5, delayUntilAt: NOW + 7 }
    const next = after({ kind: 'canceled', reason: 'canceled' }, {}, waits)
    expect(next).toMatchObject({
      outcome: 'canceled',
      verdict: 'neither',
      backoff: { backoffMs: 30_000, backoffUntilAt: NOW + 5 },
    })
    expect(next.delayUntilAt).toBe(waits.delayUntilAt)
    expect(next.operation).toBeUndefined()
  })

  it('gives back the attempt of a run that was stopped from outside', () => {
    const next = after({ kind: 'stopped', reason: 'network-lost' }, { attempt: 3, notBeforeAt: 5, waitingSince: 4 })
    expect(next.operation).toMatchObject({ attempt: 2, dueAt: 5, waitingSince: 4 })
    expect(next.backoff.backoffMs).toBe(0)
  })

  it('lets who made room wait ten seconds', () => {
    for (const reason of ['preempted', 'made-room'] as const) {
      expect(after({ kind: 'stopped', reason }).operation?.dueAt).toBe(NOW + 10_000)
    }
  })

  it('is a retry after backoff when the run took too long', () => {
    expect(after({ kind: 'timed-out' })).toMatchObject({ operation: { dueAt: NOW + 30_000 }, verdict: 'failure' })
  })

  it('is a retry at once with another token, and only once', () => {
    const next = after({ kind: 'token-refused' })
    expect(next.operation).toMatchObject({ dueAt: NOW, state: 'queued' })
    expect(next.backoff.backoffMs).toBe(0)
  })

  it('parks on an authentication error, whatever else happened', () => {
    for (const flags of [0, DO_NOT_RETRY, UPLOAD]) {
      const next = after(({ stats }) => Object.assign(stats, { numAuthExceptions: 1, numIoExceptions: 1 }), { flags })
      expect(next).toMatchObject({ outcome: 'parked', parks: true, operation: { state: 'parked' } })
    }
  })

  it('gives up after so many attempts', () => {
    const policy = { ...DEFAULT_BACKOFF, maxAttempts: 3 }
    const soft = (result: SyncResult): unknown => result.stats.numIoExceptions++
    expect(after(soft, { attempt: 2 }, NO_WAITS, policy).operation).toBeDefined()
    const last = after(soft, { attempt: 3 }, NO_WAITS, policy)
    expect(last).toMatchObject({ operation: undefined, outcome: 'soft-error', reason: 'too-many-attempts' })
  })

  it('names the result that the person sees', () => {
    expect(after((result) => Object.assign(result, { databaseError: true })).reason).toBe('internal-error')
  })

  it('always is either an outcome or another run, never both but for parking, and never in the past', () => {
    const results = fc.record({
      io: fc.nat({ max: 1 }),
      auth: fc.nat({ max: 1 }),
      parse: fc.nat({ max: 1 }),
      inserts: fc.nat({ max: 1 }),
      flags: fc.record({
        tooManyRetries: fc.boolean(),
        syncAlreadyInProgress: fc.boolean(),
        databaseError: fc.boolean(),
      }),
      operationFlags: fc.nat({ max: 255 }),
      attempt: fc.integer({ min: 1, max: 20 }),
      backoffUntilAt: fc.integer({ min: NOW - 100_000, max: NOW + 100_000 }),
    })
    fc.assert(
      fc.property(results, (given) => {
        const next = after(
          (result) => {
            Object.assign(result, given.flags)
            Object.assign(result.stats, {
              numIoExceptions: given.io,
              numAuthExceptions: given.auth,
              numParseExceptions: given.parse,
              numInserts: given.inserts,
            })
          },
          { flags: given.operationFlags, attempt: given.attempt },
          { backoffMs: 30_000, backoffUntilAt: given.backoffUntilAt, delayUntilAt: 0 },
        )
        expect(next.operation !== undefined || next.outcome !== undefined).toBe(true)
        if (next.operation !== undefined && !next.parks) {
          expect(next.outcome).toBeUndefined()
          expect(next.operation.dueAt).toBeGreaterThanOrEqual(NOW)
          expect(has(next.operation.flags, IGNORE_BACKOFF)).toBe(false)
        }
        expect(next.backoff.backoffMs).toBeLessThanOrEqual(DEFAULT_BACKOFF.maxMs)
      }),
    )
  })

  it('asks for a full sync without extras, uploads or first-attempt flags', () => {
    const before = operation({
      extras: '{"a":1}',
      flags: UPLOAD | IGNORE_BACKOFF | IGNORE_SETTINGS,
      attempt: 4,
      periodic: 7,
    })
    const full = fullSyncOf(before, { ...NO_WAITS, backoffUntilAt: NOW + 5 }, 'full', NOW)
    expect(full).toMatchObject({ id: 'full', extras: '{}', flags: IGNORE_SETTINGS, attempt: 0, dueAt: NOW + 5 })
    expect(full.periodic).toBeUndefined()
  })

  it('waits before a full sync that a full sync asks for', () => {
    const before = operation({ reason: 'full-sync-requested' })
    const again = fullSyncOf(before, NO_WAITS, 'again', NOW)
    expect(again).toMatchObject({ reason: 'full-sync-requested', notBeforeAt: NOW + 10_000, dueAt: NOW + 10_000 })
  })

  it('takes no answer about deletions into a full sync: it was for what the person had seen', () => {
    const before = operation({ flags: OVERRIDE_TOO_MANY_DELETIONS | DISCARD_LOCAL_DELETIONS | IGNORE_SETTINGS })
    expect(fullSyncOf(before, NO_WAITS, 'full', NOW).flags).toBe(IGNORE_SETTINGS)
  })

  it('goes on at once for more records, but not past what the server asked to wait', () => {
    const before = operation({ flags: IGNORE_BACKOFF | IGNORE_SETTINGS, extras: '{"a":1}', reason: 'user' })
    expect(continuationOf(before, NO_WAITS, 'more', NOW, false)).toMatchObject({ extras: '{"a":1}', dueAt: NOW })
    const waits = { ...NO_WAITS, delayUntilAt: NOW + 60_000 }
    expect(continuationOf(before, waits, 'more', NOW, true)).toMatchObject({
      flags: IGNORE_SETTINGS,
      dueAt: NOW + 60_000,
    })
  })

  it('waits before it goes on once more when going on got it no further', () => {
    const before = operation({ reason: 'more-records' })
    expect(continuationOf(before, NO_WAITS, 'more', NOW, true).dueAt).toBe(NOW)
    expect(continuationOf(before, NO_WAITS, 'more', NOW, false).dueAt).toBe(NOW + 10_000)
  })
})
