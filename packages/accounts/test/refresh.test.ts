import { AccountError, type CredentialContext } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { HOUR, MINUTE, open, rotatingTo } from './support/renewing.ts'
import { settle } from './support/settle.ts'

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
