import { type Account, AccountError, type AccountManager, type CredentialContext } from '@accountry/accounts'
import {
  createFakeAuthenticator,
  createFakeClock,
  type FakeAuthenticator,
  type FakeClock,
  neverAnswers,
} from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { brokenConnection, failureOf, invalidGrant, offline } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { settle } from './support/settle.ts'
import { tempFolder } from './support/temp-folder.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

interface World {
  readonly clock: FakeClock
  readonly authenticator: FakeAuthenticator
  readonly manager: AccountManager
  readonly account: Account
  readonly directory: string
  /** One more manager on the same vault, with its own memory and the same service. */
  another(options?: { background?: boolean }): Promise<AccountManager>
  /** The passwords that were sent so far. */
  sent(): (string | undefined)[]
}

async function open(script: Parameters<typeof createFakeAuthenticator>[0] = { rotates: true }): Promise<World> {
  const clock = createFakeClock()
  const authenticator = createFakeAuthenticator(script)
  const directory = tempFolder()
  const options = { clock, directory, authenticators: [authenticator] }
  const manager = await openManager(options)
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
  return {
    clock,
    authenticator,
    manager,
    account,
    directory,
    another: (more) => openManager({ ...options, ...more }),
    sent: () => authenticator.callsOf('getAuthToken').map(({ context }) => context.credential.password),
  }
}

/** What an authenticator answers after it rotated the credential. */
function rotatingTo(
  password: string,
  value: string,
): (request: unknown, context: CredentialContext) => Promise<object> {
  return async (_request, context) => {
    await context.replaceCredential({ password })
    return { value }
  }
}

describe('a token that is still good', () => {
  it('comes from memory, and the authenticator is not asked', async () => {
    const { manager, account, authenticator } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    expect(await manager.getAuthToken(account, 'calendar')).toBe(token)
    expect(await manager.getAuthToken(account.id, 'calendar')).toBe(token)
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('comes from the vault after a restart', async () => {
    const { manager, account, authenticator, another } = await open()
    const { value } = await manager.getAuthToken(account, 'calendar')
    expect((await (await another()).getAuthToken(account, 'calendar')).value).toBe(value)
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('is renewed when less is left than was asked for, and not before', async () => {
    const { manager, account, clock, authenticator } = await open()
    await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - MINUTE)
    await manager.getAuthToken(account, 'calendar')
    expect(authenticator.count('getAuthToken')).toBe(1)
    clock.jump(1)
    await manager.getAuthToken(account, 'calendar', { minValidityMs: 1_000 })
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
  })

  it('is renewed when that is forced, once for all who force it meanwhile', async () => {
    const { manager, account, authenticator } = await open()
    await manager.getAuthToken(account, 'calendar')
    const tokens = await Promise.all(
      [1, 2, 3].map(() => manager.getAuthToken(account, 'calendar', { forceRefresh: true })),
    )
    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['token-2']))
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('without an end is kept until it is invalidated', async () => {
    const { manager, account, clock } = await open({ lifetimeMs: undefined })
    const token = await manager.getAuthToken(account, 'calendar')
    clock.jump(1_000 * HOUR)
    expect(await manager.getAuthToken(account, 'calendar')).toBe(token)
    await manager.invalidateAuthToken(token)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
  })

  it('of a service whose tokens are short is not renewed again and again', async () => {
    const { manager, account, clock, authenticator } = await open({ lifetimeMs: 20_000, rotates: true })
    await manager.getAuthToken(account, 'calendar')
    clock.jump(16_000)
    for (let call = 0; call < 10; call++) await manager.getAuthToken(account, 'calendar')
    expect(authenticator.count('getAuthToken')).toBe(1)
    clock.jump(4_000)
    await manager.getAuthToken(account, 'calendar')
    expect(authenticator.count('getAuthToken')).toBe(2)
  })
})

describe('a renewal', () => {
  it('is one for a hundred callers and three types, and no refresh token is sent twice (C-03)', async () => {
    const { manager, account, authenticator, sent } = await open()
    const types = ['calendar', 'mail', 'tasks']
    let parallel = 0
    authenticator.always('getAuthToken', async (_request, context) => {
      expect(++parallel).toBe(1)
      await settle()
      const password = `after ${context.credential.password}`
      await context.replaceCredential({ password })
      parallel -= 1
      return { value: `token for ${context.credential.password}` }
    })
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, n) => manager.getAuthToken(account, types[n % 3] ?? '')),
    )
    expect(new Set(tokens.map(({ value }) => value)).size).toBe(3)
    expect(sent()).toEqual(['first', 'after first', 'after after first'])
  })

  it('is one for fifty callers who were refused the same token (C-04)', async () => {
    const { manager, account, authenticator } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    const again = await Promise.all(
      Array.from({ length: 50 }, async () => {
        await manager.invalidateAuthToken(token)
        return await manager.getAuthToken(account, 'calendar')
      }),
    )
    expect(new Set(again.map(({ value }) => value))).toEqual(new Set(['token-2']))
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('is one for several managers of one vault (C-28)', async () => {
    const { manager, account, authenticator, another } = await open()
    const managers = [manager, await another(), await another()]
    authenticator.hold('getAuthToken')
    const asked = managers.flatMap((one) => [1, 2].map(() => one.getAuthToken(account, 'calendar')))
    await authenticator.whenCalled('getAuthToken')
    authenticator.release()
    expect(new Set((await Promise.all(asked)).map(({ value }) => value))).toEqual(new Set(['token-1']))
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('goes on for the others when one caller gives up (C-16)', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const controller = new AbortController()
    const first = manager.getAuthToken(account, 'calendar', { signal: controller.signal })
    const second = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: 'ERR_ABORTED', reason: 'caller' })
    expect(authenticator.calls[0]?.context).toMatchObject({ signal: { aborted: false } })
    authenticator.release()
    expect((await second).value).toBe('token-1')
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })

  it('is not begun for a caller who gave up before', async () => {
    const { manager, account, authenticator } = await open()
    await expect(manager.getAuthToken(account, 'calendar', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    expect(authenticator.count()).toBe(0)
  })

  it('fails for all who wait, and the next call tries again', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    authenticator.next('getAuthToken', new AccountError('ERR_SCOPE_NOT_GRANTED', 'not granted'))
    const asked = [1, 2, 3].map(() => failureOf(manager.getAuthToken(account, 'calendar')))
    await authenticator.whenCalled('getAuthToken')
    authenticator.release()
    expect((await Promise.all(asked)).map(({ code }) => code)).toEqual(Array(3).fill('ERR_SCOPE_NOT_GRANTED'))
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
  })

  it('makes the rotated credential durable before it is asked for anything else', async () => {
    const { manager, account, authenticator, another } = await open()
    const other = await another()
    let stored: string | undefined
    authenticator.next('getAuthToken', async (_request, context) => {
      expect(await context.replaceCredential({ password: 'second' })).toEqual({ durable: true })
      stored = await other.getPassword(account)
      return { value: 'bad\nvalue' }
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(stored).toBe('second')
    expect(await manager.getPassword(account)).toBe('second')
  })

  it('changes nothing when the credential is still the same', async () => {
    const { manager, account, authenticator } = await open()
    const revision = (await manager.getAccountInfo(account)).credentialRevision
    authenticator.next('getAuthToken', rotatingTo('first', 'token'))
    await manager.getAuthToken(account, 'calendar')
    expect(await manager.getPassword(account)).toBe('first')
    expect((await manager.getAccountInfo(account)).credentialRevision).toBe(revision)
  })

  it('does not raise the credential revision: nobody signed in', async () => {
    const { manager, account } = await open()
    const { credentialRevision } = await manager.getAccountInfo(account)
    await manager.getAuthToken(account, 'calendar')
    expect(await manager.getPassword(account)).toBe('refresh-0')
    expect((await manager.getAccountInfo(account)).credentialRevision).toBe(credentialRevision)
  })

  it('keeps fields and user data that it does not mention, and drops those that it says are gone', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next(
      'getAuthToken',
      async (_request: unknown, context: CredentialContext) => {
        await context.replaceCredential({ fields: { dpop: 'key', scope: 'a' }, userData: { one: '1', two: '2' } })
        return { value: 'x' }
      },
      async (_request: unknown, context: CredentialContext) => {
        await context.replaceCredential({
          password: 'second',
          fields: { scope: undefined },
          userData: { one: undefined },
        })
        return { value: 'y' }
      },
    )
    await manager.getAuthToken(account, 'calendar')
    await manager.getAuthToken(account, 'mail')
    await manager.getAuthToken(account, 'tasks')
    expect(authenticator.callsOf('getAuthToken')[2]?.context.credential).toMatchObject({
      password: 'second',
      fields: { dpop: 'key' },
      userData: { two: '2' },
    })
  })

  it('may replace the credential twice, and the last one counts', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', async (_request, context) => {
      await context.replaceCredential({ password: 'second' })
      await context.replaceCredential({ password: 'third' })
      return { value: 'x' }
    })
    await manager.getAuthToken(account, 'calendar')
    expect(await manager.getPassword(account)).toBe('third')
  })
})

describe('the person who changes an account during a renewal', () => {
  it('by a new password wins: the late answer is not stored, and is asked for once more', async () => {
    const { manager, account, authenticator, sent } = await open()
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    let late: unknown
    authenticator.next('getAuthToken', async (_request, context) => {
      late = await failureOf(context.replaceCredential({ password: 'late' }))
      throw new AccountError('ERR_ABORTED', 'superseded', { reason: 'superseded' })
    })
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.setPassword(account, 'typed')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    expect(late).toMatchObject({ code: 'ERR_ABORTED', reason: 'superseded' })
    expect(sent()).toEqual(['first', 'typed'])
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })

  it('by a new password wins also over a service that does not rotate', async () => {
    const { manager, account, authenticator, sent } = await open({})
    authenticator.hold('getAuthToken')
    authenticator.next('getAuthToken', { value: 'of the old password' })
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.setPassword(account, 'typed')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    expect(sent()).toEqual(['first', 'typed'])
  })

  it('does not wait for it', async () => {
    const { manager, account, authenticator } = await open({ rotates: true, canUpdate: true })
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await manager.setPassword(account, 'typed')
    await manager.updateCredentials(account)
    expect(await manager.removeAccount(account)).toBe('removed')
    authenticator.release()
    expect(await asked).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
  })

  it('by signing in again wins', async () => {
    const { manager, account, authenticator } = await open({ rotates: true, canUpdate: true })
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    authenticator.next('getAuthToken', rotatingTo('late', 'late token'))
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.updateCredentials(account)
    const signedIn = await manager.getPassword(account)
    authenticator.release()
    expect((await asked).value).not.toBe('late token')
    expect([signedIn, await manager.getPassword(account)]).not.toContain('late')
  })

  it('in another process wins as well', async () => {
    const { manager, account, authenticator, another } = await open()
    const other = await another()
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    authenticator.next('getAuthToken', rotatingTo('late', 'late token'))
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await other.setPassword(account, 'typed')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
  })

  it('by removing it wins: nothing is stored, nothing comes back (C-19)', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    let late: unknown
    authenticator.next('getAuthToken', async (_request, context) => {
      late = await failureOf(context.replaceCredential({ password: 'late' }))
      return { value: 'late' }
    })
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await manager.removeAccountExplicitly(account)
    authenticator.release()
    expect(await asked).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
    expect(late).toMatchObject({ code: 'ERR_ABORTED', reason: 'account_removed' })
    expect(await manager.getAccounts()).toEqual([])
  })

  it('by removing it aborts what the authenticator is doing', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await manager.removeAccountExplicitly(account)
    await settle()
    const { aborted } = authenticator.callsOf('getAuthToken')[0]?.context.signal ?? {}
    authenticator.release()
    await asked
    expect(aborted).toBe(true)
  })

  it('by renaming it changes nothing for the renewal, and the token belongs to the new name', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.renameAccount(account, 'anna')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect((await manager.getAuthToken(account, 'calendar')).account.name).toBe('anna')
  })

  it('again and again does not make the renewal go on for ever', async () => {
    const { manager, account, authenticator } = await open({})
    authenticator.always('getAuthToken', async () => {
      await manager.setPassword(account, 'typed')
      return { value: 'x' }
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      code: 'ERR_ABORTED',
      reason: 'superseded',
    })
    expect(authenticator.count('getAuthToken')).toBeLessThanOrEqual(3)
  })
})

describe('an answer that was lost on the way', () => {
  it('is asked for once more at once, with the same credential (C-15)', async () => {
    const { manager, account, authenticator, sent } = await open()
    authenticator.next('getAuthToken', brokenConnection())
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(sent()).toEqual(['first', 'first'])
  })

  it('is asked for once more and not more often', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection())
    const failure = failureOf(manager.getAuthToken(account, 'calendar'))
    expect(await failure).toMatchObject({ code: 'ERR_NETWORK', reason: 'ambiguous' })
    expect(authenticator.count('getAuthToken')).toBe(2)
    expect((await manager.getAccountInfo(account)).state).toBe('degraded')
    clock.jump(5 * MINUTE)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('and refused afterwards means that it was lost, not that somebody revoked it', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', brokenConnection(), invalidGrant())
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'rotation_response_lost',
    })
    expect(await manager.getAccountInfo(account)).toMatchObject({
      state: 'needs-reauth',
      reason: 'rotation_response_lost',
    })
  })

  it('and refused minutes later, by another manager, still means that', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection(), invalidGrant())
    await failureOf(manager.getAuthToken(account, 'calendar'))
    await manager.close()
    clock.jump(5 * MINUTE)
    expect(await failureOf((await another()).getAuthToken(account, 'calendar'))).toMatchObject({
      reason: 'rotation_response_lost',
    })
  })

  it('after the rotated credential was saved is no longer in doubt', async () => {
    const { manager, account, authenticator, sent } = await open()
    authenticator.next('getAuthToken', async (_request, context) => {
      await context.replaceCredential({ password: 'second' })
      throw brokenConnection()
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_NETWORK' })
    expect(sent()).toEqual(['first'])
    expect(await manager.getPassword(account)).toBe('second')
  })

  it('keeps its doubt while only what lies beside the credential changes', async () => {
    const { manager, account, authenticator, clock } = await open()
    const noting = async (_request: unknown, context: CredentialContext) => {
      await context.replaceCredential({ fields: { noted: 'x' } })
      throw new AccountError('ERR_SERVER', 'busy', { reason: 'server' })
    }
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection(), noting, invalidGrant())
    for (const code of ['ERR_NETWORK', 'ERR_SERVER']) {
      expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code })
      clock.jump(5 * MINUTE)
    }
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      reason: 'rotation_response_lost',
    })
  })

  it('because the authenticator did not answer in time leaves the same doubt', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', neverAnswers, invalidGrant())
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await clock.advance(MINUTE)
    expect(await asked).toMatchObject({ code: 'ERR_AUTHENTICATOR_TIMEOUT' })
    clock.jump(5 * MINUTE)
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      reason: 'rotation_response_lost',
    })
  })
})

describe('a grant that is refused', () => {
  it('is believed after the store was read again, and then nobody is asked any more (C-20)', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    authenticator.next('getAuthToken', invalidGrant())
    for (let call = 0; call < 3; call++) {
      expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        reason: 'revoked_or_reused',
      })
    }
    await manager.close()
    clock.jump(1_000 * HOUR)
    const restarted = await another()
    expect(await failureOf(restarted.getAuthToken(account, 'mail'))).toMatchObject({ reason: 'revoked_or_reused' })
    expect(await restarted.getAccountInfo(account)).toMatchObject({ state: 'needs-reauth' })
    expect(await restarted.getPassword(account)).toBe('first')
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('but was replaced meanwhile by a program without leases, is tried with the new one (C-05)', async () => {
    const { manager, account, authenticator, another, sent } = await open()
    const other = await another()
    authenticator.next('getAuthToken', async () => {
      await other.setPassword(account, 'rotated by an old version')
      throw invalidGrant()
    })
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(sent()).toEqual(['first', 'rotated by an old version'])
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('is one refusal for a thousand callers (C-32)', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, () => failureOf(manager.getAuthToken(account, 'calendar'))),
    )
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['ERR_INTERACTION_REQUIRED']))
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('is over when the person gives another credential', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', invalidGrant())
    await failureOf(manager.getAuthToken(account, 'calendar'))
    const recovered: string[] = []
    manager.on('account:recovered', ({ account: { name } }) => recovered.push(name))
    await manager.setPassword(account, 'typed')
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(recovered).toEqual(['ana@example.com'])
  })

  it('leaves a token that is still valid in use', async () => {
    const { manager, account, authenticator } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    authenticator.next('getAuthToken', invalidGrant())
    await failureOf(manager.getAuthToken(account, 'mail'))
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe(token.value)
  })
})

describe('a service that cannot be reached', () => {
  it('is left alone until it is due again, by every process', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    authenticator.next('getAuthToken', offline())
    const first = await manager.getAuthToken(account, 'calendar').catch((error: AccountError) => error)
    expect(first).toMatchObject({
      code: 'ERR_NETWORK',
      reason: 'offline',
      retryable: true,
      retryAt: expect.any(Number),
    })
    const other = await another()
    const second = await other.getAuthToken(account, 'mail').catch((error: AccountError) => error)
    expect(second).toMatchObject({ code: 'ERR_NETWORK', retryAt: (first as AccountError).retryAt })
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect(await other.getAccountInfo(account)).toMatchObject({ state: 'degraded', reason: 'offline' })
    clock.jump(((first as AccountError).retryAt ?? 0) - clock.now())
    expect((await other.getAuthToken(account, 'mail')).value).toBe('token-1')
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('is waited for longer after each failure, and no longer than five minutes (C-21)', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.always('getAuthToken', new AccountError('ERR_SERVER', 'a bad day', { reason: 'server' }))
    const end = clock.now() + 2 * HOUR
    let longest = 0
    while (clock.now() < end) {
      const failure = await manager.getAuthToken(account, 'calendar').catch((error: AccountError) => error)
      const retryAt = failure instanceof AccountError ? (failure.retryAt ?? end) : end
      longest = Math.max(longest, retryAt - clock.now())
      clock.jump(retryAt - clock.now())
    }
    expect(longest).toBeLessThanOrEqual(5 * MINUTE)
    expect(authenticator.count('getAuthToken')).toBeLessThan(120)
    authenticator.always('getAuthToken', undefined)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })

  it('that says when to come back is believed, also by other processes', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    const retryAt = clock.now() + 10 * MINUTE
    authenticator.next('getAuthToken', new AccountError('ERR_THROTTLED', 'slow down', { reason: 'throttled', retryAt }))
    await failureOf(manager.getAuthToken(account, 'calendar'))
    const other = await another()
    clock.jump(10 * MINUTE - 1)
    await expect(other.getAuthToken(account, 'calendar')).rejects.toMatchObject({ code: 'ERR_THROTTLED', retryAt })
    clock.jump(1)
    expect((await other.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('does not keep a token back that is still valid while the wait is on', async () => {
    const { manager, account, authenticator, clock } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - 30_000)
    authenticator.next('getAuthToken', offline())
    await manager.getAuthToken(account, 'calendar').catch(() => undefined)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe(token.value)
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('does not keep a token back that is still valid at the first failure either', async () => {
    const { manager, account, authenticator, clock } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - 30_000)
    authenticator.next('getAuthToken', offline())
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe(token.value)
  })

  it('is no reason to hand out a token that was refused', async () => {
    const { manager, account, authenticator, clock } = await open()
    await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - 30_000)
    authenticator.next('getAuthToken', offline())
    expect(await failureOf(manager.getAuthToken(account, 'calendar', { forceRefresh: true }))).toMatchObject({
      code: 'ERR_NETWORK',
    })
  })
})

describe('states that only somebody else can end', () => {
  it('a misconfigured app is asked again after an hour, the account stays whole (C-24)', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', new AccountError('ERR_MISCONFIGURED', 'invalid_client'))
    for (const type of ['calendar', 'mail']) {
      expect(await failureOf(manager.getAuthToken(account, type))).toMatchObject({ code: 'ERR_MISCONFIGURED' })
    }
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'misconfigured' })
    clock.jump(HOUR)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
  })

  it('a step-up keeps what it asks for', async () => {
    const { manager, account, authenticator, another } = await open()
    const challenge = { claims: '{"id_token":{}}', acrValues: ['phr'], maxAgeS: 5 }
    const error = new AccountError('ERR_INTERACTION_REQUIRED', 'once more', { reason: 'step_up', challenge })
    authenticator.next('getAuthToken', error)
    await failureOf(manager.getAuthToken(account, 'calendar'))
    const again = (await another()).getAuthToken(account, 'calendar')
    await expect(again).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'step_up', challenge })
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'needs-interaction' })
  })

  it('another person’s tokens end the account’s own, once told', async () => {
    const { manager, account, authenticator } = await open()
    await manager.getAuthToken(account, 'calendar')
    const attention: unknown[] = []
    manager.on('account:attention', ({ reason }) => attention.push(reason))
    const error = new AccountError('ERR_INTERACTION_REQUIRED', 'somebody else', { reason: 'identity_changed' })
    authenticator.next('getAuthToken', error)
    await failureOf(manager.getAuthToken(account, 'mail'))
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'identity-changed' })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'identity_changed',
    })
    expect(attention).toEqual(['identity_changed'])
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('an account of another client is untouched', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', new AccountError('ERR_MISCONFIGURED', 'not ours', { reason: 'other-client' }))
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ reason: 'other-client' })
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'ok' })
  })
})

describe('attention', () => {
  const attentionOf = (manager: AccountManager): (string | undefined)[] => {
    const heard: (string | undefined)[] = []
    manager.on('account:attention', ({ reason }) => heard.push(reason))
    return heard
  }

  it('is asked for once per account, however many calls and processes ask', async () => {
    const { manager, account, authenticator, another } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const other = await another()
    const [one, two] = [attentionOf(manager), attentionOf(other)]
    for (const each of [manager, other, manager]) {
      await Promise.all(
        ['calendar', 'mail'].map((type) => failureOf(each.getAuthToken(account, type, { interaction: 'notify' }))),
      )
    }
    await manager.flush()
    await other.flush()
    expect([one, two]).toEqual([['revoked_or_reused'], ['revoked_or_reused']])
  })

  it('is asked for by nobody who did not want it', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const heard = attentionOf(manager)
    await failureOf(manager.getAuthToken(account, 'calendar'))
    expect(heard).toEqual([])
  })

  it('is asked for also when it was known before that the person is needed', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const heard = attentionOf(manager)
    await failureOf(manager.getAuthToken(account, 'calendar'))
    await failureOf(manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    await failureOf(manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    expect(heard).toEqual(['revoked_or_reused'])
  })
})

describe('a key that the app takes away while a renewal is on its way', () => {
  it('does not lose the rotated credential', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const asked = manager.getAuthToken(account, 'calendar').catch((error: AccountError) => error.code)
    await authenticator.whenCalled('getAuthToken')
    manager.lock()
    authenticator.release()
    await asked
    expect(await failureOf(manager.getPassword(account))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    await manager.unlock()
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })
})

describe('closing', () => {
  it('waits for a renewal that is on its way', async () => {
    const { manager, account, authenticator, another } = await open()
    authenticator.hold('getAuthToken')
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    const closing = manager.close()
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    await closing
    expect(await (await another()).getPassword(account)).toBe('refresh-0')
  })

  it('refuses what comes afterwards', async () => {
    const { manager, account } = await open()
    await manager.close()
    await manager.close()
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_CLOSED' })
    expect(() => manager.getAuthenticatorTypes()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })
})
