import { AccountError } from '@accountry/accounts'
import type { FakeSyncAdapterOptions, SyncStep } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { isSecurityError, recordThrown } from '../src/run/run-errors.ts'
import type { SyncContext } from '../src/sync-adapter.ts'
import { createSyncResult, type SyncOutcome } from '../src/sync-result.ts'
import { openKnownWorld } from './support/known-world.ts'

type Nonsense = (context: SyncContext & { result: Record<string, unknown> }) => void

/** Runs one step for one account and then a plain one for another, which a serial adapter only serves afterwards. */
async function runNonsense(step: SyncStep, options: FakeSyncAdapterOptions = {}): Promise<SyncOutcome> {
  const { driver, adapter, A, B } = await openKnownWorld(options)
  adapter.next(step)
  const outcome = await driver.sync.requestSync({ ...A, manual: true }).done
  expect(await driver.sync.getCurrentSyncs()).toEqual([])
  expect(await driver.sync.requestSync({ ...B, manual: true }).done).toMatchObject({ outcome: 'success' })
  return outcome
}

describe('a result that holds what no result holds', () => {
  const cases: [string, Nonsense, RegExp][] = [
    ['a count that is a bigint', ({ result }) => Object.assign(result.stats, { numInserts: 1n }), /stats.numInserts/],
    [
      'a count that is no number',
      ({ result }) => Object.assign(result.stats, { numDeletes: Number.NaN }),
      /numDeletes/,
    ],
    ['a count below 0', ({ result }) => Object.assign(result.stats, { numIoExceptions: -1 }), /numIoExceptions/],
    ['a count that is text', ({ result }) => Object.assign(result.stats, { numEntries: 'x' }), /received string/],
    ['no counts', ({ result }) => Object.assign(result, { stats: undefined }), /result.stats must be an object/],
    ['null for counts', ({ result }) => Object.assign(result, { stats: null }), /received null/],
    ['a delay that is a Date', ({ result }) => Object.assign(result, { delayUntilAt: new Date() }), /delayUntilAt/],
    ['a delay that never ends', ({ result }) => Object.assign(result, { delayUntilAt: Infinity }), /delayUntilAt/],
    ['a delay that is no number', ({ result }) => Object.assign(result, { delayUntilAt: Number.NaN }), /delayUntilAt/],
    ['a switch that is text', ({ result }) => Object.assign(result, { tooManyRetries: 'no' }), /tooManyRetries/],
  ]
  it.each(cases)('ends the run with a hard error that names it: %s', async (_name, write, message) => {
    const outcome = await runNonsense(write as SyncStep)
    expect(outcome).toMatchObject({ outcome: 'hard-error', reason: 'internal-error', attempts: 1 })
    expect(outcome.error?.message).toMatch(message)
  })

  it('ends the run also when it cannot be read', async () => {
    const outcome = await runNonsense(({ result }) => {
      Object.defineProperty(result, 'tooManyDeletions', {
        get() {
          throw new Error('a getter of the adapter')
        },
      })
    })
    expect(outcome).toMatchObject({ outcome: 'hard-error', error: { message: 'a getter of the adapter' } })
  })
})

describe('what an adapter throws that cannot be looked at', () => {
  const revoked = (): object => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const unreadable = {
    get message(): string {
      throw new Error('a getter of the adapter')
    },
  }
  it.each([
    ['a proxy that was revoked', revoked()],
    ['a message that throws', unreadable],
    ['nothing', undefined],
    ['null', null],
    ['a symbol', Symbol('x')],
  ])('ends the run with a hard error: %s', async (_name, thrown) => {
    const outcome = await runNonsense(() => {
      throw thrown
    })
    expect(outcome).toMatchObject({ outcome: 'hard-error', reason: 'internal-error' })
    expect(isSecurityError(thrown)).toBe(false)
  })

  it('sets no delay for a time that is none', () => {
    const result = createSyncResult()
    const error = new AccountError('ERR_THROTTLED', 'too many requests', { retryAt: Number.NaN })
    recordThrown(result, error, 0)
    expect(result.stats.numIoExceptions).toBe(1)
    expect(result.delayUntilAt).toBeUndefined()
  })
})

describe('a progress report that is none', () => {
  it.each([
    ['null', null, /progress must be an object, received null/],
    ['text', 'half', /progress must be an object, received string/],
    ['a bigint', { done: 1n }, /progress.done must be a number/],
    ['no number', { done: 1, total: Number.NaN }, /progress.total must be a finite number/],
    ['a wrong text', { text: 5 }, /progress.text must be a string/],
  ])('is the mistake of the run that makes it, and disturbs no other: %s', async (_name, progress, message) => {
    const outcome = await runNonsense((context) => context.progress(progress as never))
    expect(outcome).toMatchObject({ outcome: 'hard-error', reason: 'internal-error' })
    expect(outcome.error?.message).toMatch(message)
  })

  it('is shown as it was when it was made', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    const progress = { done: 1, total: 2, text: 'half', more: 'of the adapter' }
    adapter.next((context) => {
      context.progress(progress)
      progress.done = 2
      return new Promise((resolve) => context.signal.addEventListener('abort', () => resolve()))
    })
    driver.sync.requestSync({ ...A, manual: true })
    await driver.settle()
    expect((await driver.sync.getCurrentSyncs())[0]?.progress).toEqual({ done: 1, total: 2, text: 'half' })
  })
})

describe('what an adapter has beside its work', () => {
  it('may be asynchronous and fail without ending the process', async () => {
    const failing = (): unknown => Promise.reject(new Error('a hook of the adapter'))
    const { driver, adapter, A } = await openKnownWorld({ onSyncCanceled: failing, onSecurityException: failing })
    adapter.next('hang', () => {
      throw Object.assign(new Error('denied'), { code: 'EACCES' })
    })
    const canceled = driver.sync.requestSync(A)
    await driver.settle()
    await driver.sync.cancelSync(A)
    expect((await canceled.done).outcome).toBe('canceled')
    expect(await driver.sync.requestSync(A).done).toMatchObject({ outcome: 'hard-error', error: { code: 'EACCES' } })
    await driver.settle()
  })

  it('may complete the result of a run that lacked a right, with what a result can hold', async () => {
    for (const [delay, expected] of [
      [60_000, 'waits'],
      [Number.NaN, 'waits not'],
    ] as const) {
      const { driver, adapter, A } = await openKnownWorld({
        onSecurityException: (context) => {
          context.result.delayUntilAt = driver.clock.now() + delay
        },
      })
      adapter.next(() => {
        throw Object.assign(new Error('denied'), { code: 'EACCES' })
      })
      await driver.sync.requestSync(A).done
      const { delayUntilAt } = (await driver.sync.getSyncStatus(A)) ?? {}
      expect(delayUntilAt === undefined ? 'waits not' : 'waits').toBe(expected)
    }
  })
})

describe('a listener', () => {
  it('may be asynchronous and fail without ending the process', async () => {
    const { driver, A } = await openKnownWorld()
    let called = 0
    const listener = (): unknown => {
      called++
      return Promise.reject(new Error('a listener of the app'))
    }
    driver.sync.on('sync:started', listener)
    await driver.sync.requestSync({ ...A, manual: true }).done
    await driver.settle()
    expect(called).toBe(1)
  })
})
