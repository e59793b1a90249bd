import { AccountError } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { describeError, isNetworkError, isSecurityError, recordThrown } from '../src/run/run-errors.ts'
import { createSyncResult, type SyncResult, SyncRetry } from '../src/sync-result.ts'

function thrown(error: unknown): SyncResult {
  const result = createSyncResult()
  recordThrown(result, error, 1_000)
  return result
}

describe('what an adapter throws', () => {
  it.each([
    'ERR_INTERACTION_REQUIRED',
    'ERR_BAD_CREDENTIALS',
    'ERR_IDENTITY_MISMATCH',
    'ERR_SCOPE_NOT_GRANTED',
  ] as const)('%s is an authentication error', (code) => {
    expect(thrown(new AccountError(code, 'x')).stats.numAuthExceptions).toBe(1)
  })

  it.each(['ERR_NETWORK', 'ERR_THROTTLED', 'ERR_SERVER', 'ERR_VAULT_LOCKED', 'ERR_LOCK_TIMEOUT'] as const)(
    '%s is a soft error',
    (code) => {
      expect(thrown(new AccountError(code, 'x')).stats.numIoExceptions).toBe(1)
    },
  )

  it.each(['ERR_DENIED', 'ERR_MISCONFIGURED', 'ERR_UNSUPPORTED'] as const)('%s is a hard error', (code) => {
    expect(thrown(new AccountError(code, 'x'))).toMatchObject({ databaseError: true, stats: { numIoExceptions: 0 } })
  })

  it('the time before which a retry is pointless becomes a delay', () => {
    expect(thrown(new AccountError('ERR_THROTTLED', 'x', { retryAt: 5_000 })).delayUntilAt).toBe(5_000)
    expect(thrown(new SyncRetry({ retryAfterMs: 500 })).delayUntilAt).toBe(1_500)
    expect(thrown(new SyncRetry()).delayUntilAt).toBeUndefined()
  })

  it('a wrong delay is refused where it is made', () => {
    expect(() => new SyncRetry({ retryAfterMs: -1 })).toThrow(RangeError)
    expect(() => new SyncRetry({ retryAfterMs: Number.NaN })).toThrow(RangeError)
  })

  it('a failure of the network is found below other errors, and in a time-out', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNRESET' })
    expect(isNetworkError(new TypeError('fetch failed', { cause: new Error('y', { cause }) }))).toBe(true)
    expect(isNetworkError(new DOMException('x', 'TimeoutError'))).toBe(true)
    expect(isNetworkError(new Error('x'))).toBe(false)
    expect(isNetworkError(undefined)).toBe(false)
    const cyclic: { cause?: unknown } = {}
    cyclic.cause = cyclic
    expect(isNetworkError(cyclic)).toBe(false)
  })

  it('a lack of rights is told from the rest', () => {
    expect(isSecurityError(Object.assign(new Error('x'), { code: 'EPERM' }))).toBe(true)
    expect(isSecurityError(new Error('x'))).toBe(false)
  })

  it.each([
    ['text', { name: 'Error', message: 'text' }],
    [undefined, { name: 'Error', message: 'the adapter threw no Error' }],
    [{ message: 7 }, { name: 'Error', message: 'the adapter threw no Error' }],
    [new RangeError('x'.repeat(900)), { name: 'RangeError', message: 'x'.repeat(500) }],
  ])('is described without surprises: %#', (error, described) => {
    expect(describeError(error, [])).toEqual(described)
  })

  it('is described without the secrets that the run was given', () => {
    const error = new Error('Bearer s3cret failed at https://x.test/a?key=1#s3cret')
    expect(describeError(error, ['s3cret']).message).toBe('Bearer [redacted] failed at https://x.test/a?[redacted]')
  })
})
