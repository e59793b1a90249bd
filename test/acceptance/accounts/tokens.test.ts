import { AccountError } from '@accountry/accounts'
import { createFakeAuthenticator, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ABSENT_TYPE, ANA, BEN, OTHER_TYPE, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'

const HOUR = 3_600_000
const tokens = [createFakeAuthenticator, () => createFakeAuthenticator({ type: OTHER_TYPE })] as const

describe('setting, looking at and invalidating a token', () => {
  it('T29, T336, T338 a token that was set is there until it is invalidated, and the authenticator is not asked', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.peekAuthToken(account, 'calendar')).toBeUndefined()
    await world.manager.setAuthToken(account, 'calendar', { value: 'x' })
    expect((await world.manager.peekAuthToken(account, 'calendar'))?.value).toBe('x')
    expect(await world.manager.getAuthToken(account, 'calendar')).toMatchObject({
      value: 'x',
      authTokenType: 'calendar',
      account,
    })
    await world.manager.invalidateAuthToken(TYPE, 'x')
    expect(await world.manager.peekAuthToken(account, 'calendar')).toBeUndefined()
    expect(world.authenticator.count()).toBe(0)
  })

  it('T152, T297 token types and accounts are independent; invalidation hits the value it names', async () => {
    await using world = await openTestManager()
    const accounts = [await world.manager.addAccountExplicitly(ANA), await world.manager.addAccountExplicitly(BEN)]
    const types = ['one', 'two', 'three']
    for (const account of accounts)
      for (const type of types) await world.manager.setAuthToken(account, type, { value: `${account.name} ${type}` })
    await world.manager.setAuthToken(accounts[0] ?? '', 'two', { value: 'overwritten' })
    await world.manager.invalidateAuthToken(TYPE, `${BEN.name} one`)
    const read = await Promise.all(
      accounts.flatMap((account) =>
        types.map(async (type) => (await world.manager.peekAuthToken(account, type))?.value),
      ),
    )
    expect(read).toEqual([
      `${ANA.name} one`,
      'overwritten',
      `${ANA.name} three`,
      undefined,
      `${BEN.name} two`,
      `${BEN.name} three`,
    ])
  })

  it('T322, T323 invalidating where there is no account or no such token is silent', async () => {
    await using world = await openTestManager()
    await world.manager.invalidateAuthToken(ABSENT_TYPE, 'x')
    await world.manager.addAccountExplicitly(ANA)
    await world.manager.invalidateAuthToken(TYPE, 'x')
  })

  it('T324 the same token under two types is invalidated only for the type that is named', async () => {
    await using world = await openTestManager({ authenticators: tokens.map((make) => make()) })
    const ana = await world.manager.addAccountExplicitly(ANA)
    const other = await world.manager.addAccountExplicitly({ type: OTHER_TYPE, name: 'ana' })
    for (const account of [ana, other]) await world.manager.setAuthToken(account, 'calendar', { value: 'same' })
    await world.manager.invalidateAuthToken(TYPE, 'same')
    expect(await world.manager.peekAuthToken(ana, 'calendar')).toBeUndefined()
    expect((await world.manager.peekAuthToken(other, 'calendar'))?.value).toBe('same')
  })

  it('T326 the same token under two token types, and of two accounts, is invalidated everywhere in its type', async () => {
    await using world = await openTestManager()
    const accounts = [await world.manager.addAccountExplicitly(ANA), await world.manager.addAccountExplicitly(BEN)]
    const everywhere = accounts.flatMap((account) => ['one', 'two'].map((type) => [account, type] as const))
    for (const [account, type] of everywhere) await world.manager.setAuthToken(account, type, { value: 'same' })
    await world.manager.invalidateAuthToken(TYPE, 'same')
    for (const [account, type] of everywhere) expect(await world.manager.peekAuthToken(account, type)).toBeUndefined()
  })

  it('T370 invalidating nothing is a TypeError, and nothing happens', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.setAuthToken(account, 'calendar', { value: 'x' })
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.invalidateAuthToken(TYPE, nothing as never))).toBe('TypeError')
    }
    expect((await world.manager.peekAuthToken(account, 'calendar'))?.value).toBe('x')
  })
})

describe('getAuthToken', () => {
  it('T30, T34, T35, T106 a first call asks the authenticator and gives what it issued, with name and type', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const token = await world.manager.getAuthToken(account, 'calendar')
    expect(token).toMatchObject({ value: 'token-1', authTokenType: 'calendar', account, scheme: 'Bearer' })
    expect(await world.manager.getAuthToken(account, 'calendar')).toBe(token)
    expect(world.authenticator.count()).toBe(1)
  })

  it('T32, T363 a token without an end is kept, by any authenticator, until it is invalidated', async () => {
    await using world = await openTestManager({ authenticator: { lifetimeMs: undefined } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const token = await world.manager.getAuthToken(account, 'calendar')
    world.clock.jump(10_000 * HOUR)
    expect(await world.manager.getAuthToken(account, 'calendar')).toBe(token)
    await world.manager.invalidateAuthToken(token)
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
    world.authenticator.next('getAuthToken', { value: 'ended', expiresAt: 0 })
    await world.manager.getAuthToken(account, 'mail')
    expect(await world.manager.peekAuthToken(account, 'mail')).toBeUndefined()
  })

  it('T33, T39 a token with an end is served before it, renewed after it, and renewed after an invalidation', async () => {
    await using world = await openTestManager({ authenticator: { lifetimeMs: 1_000 } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const values: string[] = []
    const get = async () => values.push((await world.manager.getAuthToken(account, 'calendar')).value)
    await get()
    world.clock.jump(500)
    await get()
    world.clock.jump(500)
    await get()
    await world.manager.invalidateAuthToken(TYPE, 'token-2')
    await get()
    expect(values).toEqual(['token-1', 'token-1', 'token-2', 'token-3'])
  })

  it('T38, T213 its end is honoured whoever asks, and the first end counts until then', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const [first, second] = [world.clock.now() + HOUR, world.clock.now() + 2 * HOUR]
    world.authenticator.next('getAuthToken', { value: 'a', expiresAt: first }, { value: 'b', expiresAt: second })
    const other = await world.another({ authenticators: [world.authenticator] })
    for (const manager of [world.manager, other]) {
      expect(await manager.getAuthToken(account, 'calendar')).toMatchObject({ value: 'a', expiresAt: first })
    }
    world.clock.jump(HOUR)
    for (const manager of [world.manager, other]) {
      expect(await manager.getAuthToken(account, 'calendar')).toMatchObject({ value: 'b', expiresAt: second })
    }
  })

  it('T212 token, name, type and end are given back as they were issued', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const expiresAt = world.clock.now() + 24 * HOUR
    world.authenticator.next('getAuthToken', { value: 'a', expiresAt, scheme: 'DPoP', scopes: ['s'] })
    expect(await world.manager.getAuthToken(account, 'calendar')).toMatchObject({
      value: 'a',
      expiresAt,
      scheme: 'DPoP',
      scopes: ['s'],
      account,
    })
  })

  it('T36 options and who asks reach the authenticator, and nothing else is called', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.getAuthToken(account, 'calendar', { options: { o1: 'v1', o2: 2 }, interaction: 'allow' })
    expect(world.authenticator.calls).toHaveLength(1)
    const [call] = world.authenticator.callsOf('getAuthToken')
    expect(call?.request).toEqual({ account, authTokenType: 'calendar', options: { o1: 'v1', o2: 2 } })
    expect(call?.context.principal).toBe('com.example.test')
  })

  it('T339 a background call that needs the person rejects and says so', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next(
      'getAuthToken',
      new AccountError('ERR_INTERACTION_REQUIRED', 'log in', { reason: 'login_required' }),
    )
    await expect(world.manager.getAuthToken(account, 'calendar')).rejects.toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'login_required',
      action: 'sign-in',
      account: { id: account.id },
    })
    expect(world.interaction.count()).toBe(0)
  })

  it('T208, T209 without an account or a token type it is a TypeError rejection, and nobody is asked', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const nothing of [undefined, null, '', 7]) {
      expect(await outcomeOf(world.manager.getAuthToken(nothing as never, 'calendar'))).toBe('TypeError')
      expect(await outcomeOf(world.manager.getAuthToken(account, nothing as never))).toBe('TypeError')
      expect(await outcomeOf(world.manager.peekAuthToken(account, nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count()).toBe(0)
  })

  it('T214 an authenticator that wants a dangerous address opened is refused, and asks for no attention', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const attention: unknown[] = []
    world.manager.on('account:attention', (event) => attention.push(event))
    world.authenticator.next('getAuthToken', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: new URL('javascript:alert(1)'), signal: context.signal })
      return { value: 'x' }
    })
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar', { interaction: 'allow' }))).toBe(
      'ERR_INVALID_RESPONSE',
    )
    expect([world.interaction.count(), attention]).toEqual([0, []])
    expect((await world.manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('T215 an authenticator that wants the person gets them, where that is allowed', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next('getAuthToken', async (_request, context) => {
      await context.interaction?.openBrowser?.({
        url: new URL('https://id.example.com/'),
        account,
        signal: context.signal,
      })
      return { value: 'x' }
    })
    expect((await world.manager.getAuthToken(account, 'calendar', { interaction: 'allow' })).value).toBe('x')
    expect(world.interaction.requestsOf('openBrowser')[0]?.request).toMatchObject({ account })
  })

  it('T216 an error of the authenticator arrives with its code, reason and message', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next(
      'getAuthToken',
      new AccountError('ERR_SCOPE_NOT_GRANTED', 'not granted', { challenge: { scopes: ['a'] } }),
    )
    await expect(world.manager.getAuthToken(account, 'calendar')).rejects.toMatchObject({
      code: 'ERR_SCOPE_NOT_GRANTED',
      message: 'not granted',
      challenge: { scopes: ['a'] },
    })
  })

  it('T346 an error is not sticky: the next call is normal again', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next('getAuthToken', new Error('broken'))
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ERR_AUTHENTICATOR_FAILED')
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ok')
  })
})
