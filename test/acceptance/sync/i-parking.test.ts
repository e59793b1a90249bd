import { AccountError, type Authenticator } from '@accountry/accounts'
import { SyncRetry } from '@accountry/sync'
import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openDriver, openWorld, record } from './support/world.ts'

describe('4.I credentials that are refused, and servers that say when', () => {
  it('case 162: a refused token is invalidated and another one tried; a refusal again parks until the person signs in', async () => {
    const { driver, sync, A1X, A1, X, settle } = await openWorld()
    X.always = async ({ getAuthToken, result }) => {
      await getAuthToken('tasks')
      result.stats.numAuthExceptions++
    }
    const invalidated = new Promise((resolve) => driver.accounts.once('token:invalidated', resolve))
    const parked = record(sync, 'sync:parked')
    const unparked = record(sync, 'sync:unparked')
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'parked', attempts: 2 })
    await invalidated
    expect(parked).toMatchObject([{ account: A1, authority: 'X', why: 'authentication-error' }])
    X.always = 'ok'
    await driver.accounts.setPassword(A1, 'another')
    await settle()
    expect(unparked).toMatchObject([{ account: A1, authority: 'X' }])
    expect(X.runs).toHaveLength(3)
    expect(X.runs[2]).toMatchObject({ reason: 'account-recovered' })
  })

  it.each(['ERR_INTERACTION_REQUIRED', 'ERR_BAD_CREDENTIALS', 'ERR_SCOPE_NOT_GRANTED'] as const)(
    'parks at once when the account needs its person: %s',
    async (code) => {
      const { sync, A1X, X } = await openWorld()
      X.next(() => {
        throw new AccountError(code, 'sign in')
      })
      expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'parked', attempts: 1, error: { code } })
    },
  )

  it('parks by what the account itself says, without asking the service again', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.always = async ({ getAuthToken }) => {
      await getAuthToken('tasks')
    }
    let asked = 0
    const authenticator: Authenticator = {
      description: { type: 'com.example', label: 'Example' },
      addAccount: async () => ({ name: 'ana' }),
      getAuthToken: async () => {
        asked++
        throw new AccountError('ERR_INTERACTION_REQUIRED', 'refused', { reason: 'revoked_or_reused' })
      },
    }
    const driver = await openDriver({ adapters: [adapter], authenticators: [authenticator] })
    const account = await driver.addAccount('ana')
    const { done } = driver.sync.requestSync({ account, authority: 'tasks', manual: true })
    expect(await done).toMatchObject({ outcome: 'parked', attempts: 1 })
    expect(asked).toBe(1)
  })

  it('keeps what is asked for while it is parked, and runs it once when the account is back', async () => {
    const { driver, sync, A1X, A1, X, settle } = await openWorld()
    X.next('auth')
    sync.requestSync(A1X)
    await sync.whenIdle()
    const again = sync.requestSync(A1X)
    expect(await again.done).toMatchObject({ outcome: 'parked' })
    await settle()
    expect(X.runs).toHaveLength(1)
    await driver.accounts.setPassword(A1, 'another')
    await settle()
    expect(X.runs).toHaveLength(2)
  })

  it('tries a parked target once more for a person who asks', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next('auth')
    await sync.requestSync(A1X).done
    expect(await sync.requestSync({ ...A1X, manual: true }).done).toMatchObject({ outcome: 'success' })
    expect((await sync.explain(A1X)).state).not.toBe('parked')
    await sync.whenIdle()
    expect(X.runs.length).toBeLessThanOrEqual(3)
  })

  it('does not park for what is a final no', async () => {
    const { sync, A1X, X } = await openWorld()
    X.next(() => {
      throw new AccountError('ERR_DENIED', 'no')
    })
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', error: { code: 'ERR_DENIED' } })
    expect((await sync.explain(A1X)).state).toBe('idle')
  })

  it('does not park when the person signed in while the run was at work', async () => {
    const { driver, sync, A1X, A1, X, advance } = await openWorld()
    X.next(async () => {
      await driver.accounts.setPassword(A1, 'another')
      throw new AccountError('ERR_INTERACTION_REQUIRED', 'sign in')
    })
    const { done } = sync.requestSync(A1X)
    await advance(30_000)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('takes the time that the server asks for as a delay', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next(() => {
      throw new SyncRetry({ retryAfterMs: 120_000 })
    })
    const { done } = sync.requestSync(A1X)
    await advance(119_999)
    expect(X.runs).toHaveLength(1)
    expect((await sync.explain(A1X)).reasons).toEqual(['delayed-by-server'])
    await advance(1)
    expect(await done).toMatchObject({ outcome: 'success' })
  })

  it('takes an AccountError that can be retried as soft, and its time as a delay', async () => {
    const { driver, sync, A1X, X, advance } = await openWorld()
    X.next(() => {
      throw new AccountError('ERR_THROTTLED', 'slow down', { retryAt: driver.clock.now() + 90_000 })
    })
    sync.requestSync(A1X)
    await advance(89_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })
})
