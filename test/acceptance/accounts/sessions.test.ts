import { AccountError } from '@accountry/accounts'
import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ABSENT_TYPE, ANA, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { isOpaque, SESSIONS } from './support/session.ts'
import { openStranger, show } from './support/stranger.ts'

const ABSENT = '00000000-0000-4000-8000-000000000000'

describe('startAddAccountSession', () => {
  it('T62, T161 gives an opaque session, an address and a status token, no password and no token', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    world.authenticator.next('startAddAccountSession', {
      session: { canary: 'canary' },
      url: new URL('https://id.example.com/a'),
      statusToken: 'status',
      password: 'canary',
      token: 'canary',
    } as never)
    const started = await world.manager.startAddAccountSession(TYPE, {
      redirectUri: 'https://app.example.com/callback',
      authTokenType: 'calendar',
      options: { o1: 'v1' },
    })
    expect(Object.keys(started).sort()).toEqual(['expiresAt', 'session', 'statusToken', 'url'])
    expect(started).toMatchObject({ statusToken: 'status', url: new URL('https://id.example.com/a') })
    expect(started.expiresAt).toBe(world.clock.now() + 600_000)
    expect(isOpaque(started.session)).toBe(true)
    const [call] = world.authenticator.callsOf('startAddAccountSession')
    expect(call?.request).toEqual({
      redirectUri: 'https://app.example.com/callback',
      authTokenType: 'calendar',
      options: { o1: 'v1' },
    })
    expect(call?.context.principal).toBe('com.example.test')
    expect(world.authenticator.count()).toBe(1)
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T63 an authenticator that answers nothing started nothing: ERR_INVALID_RESPONSE', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    world.authenticator.next('startAddAccountSession', (() => undefined) as never)
    expect(await outcomeOf(world.manager.startAddAccountSession(TYPE))).toBe('ERR_INVALID_RESPONSE')
  })

  it('T63 an answer without a session is ERR_INVALID_RESPONSE', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    for (const answer of [() => null, () => ({ statusToken: 'status' }), () => ({ session: 'text' })]) {
      world.authenticator.next('startAddAccountSession', answer as never)
      expect(await outcomeOf(world.manager.startAddAccountSession(TYPE))).toBe('ERR_INVALID_RESPONSE')
    }
  })

  it('T64, T74 an empty session is a session, and opaque', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next('startAddAccountSession', { session: {} })
    world.authenticator.next('startUpdateCredentialsSession', { session: {} })
    for (const started of [
      await world.manager.startAddAccountSession(TYPE),
      await world.manager.startUpdateCredentialsSession(account),
    ]) {
      expect(isOpaque(started.session)).toBe(true)
      expect(started.url).toBeUndefined()
    }
  })

  it('T65, T66, T75, T76, T164, T172 where the person is needed the address is given, and nothing is opened here', async () => {
    for (const interaction of [true, false]) {
      await using world = await openTestManager({ authenticator: SESSIONS, interaction })
      const account = await world.manager.addAccountExplicitly(ANA)
      for (const started of [
        await world.manager.startAddAccountSession(TYPE),
        await world.manager.startUpdateCredentialsSession(account),
      ]) {
        expect(started.url?.href).toBe('https://id.example.com/authorize')
      }
      expect(world.interaction.count()).toBe(0)
      expect(world.authenticator.calls.map(({ context }) => context?.interaction)).toEqual([undefined, undefined])
    }
  })

  it('T165, T171 an address that is dangerous is ERR_INVALID_RESPONSE', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const href of ['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,x', 'com.example:/x']) {
      const started = { session: {}, url: new URL(href) }
      world.authenticator.next('startAddAccountSession', started)
      world.authenticator.next('startUpdateCredentialsSession', started)
      expect(await outcomeOf(world.manager.startAddAccountSession(TYPE))).toBe('ERR_INVALID_RESPONSE')
      expect(await outcomeOf(world.manager.startUpdateCredentialsSession(account))).toBe('ERR_INVALID_RESPONSE')
    }
  })

  it('T165, T171 an address that is http beyond loopback is ERR_INVALID_RESPONSE too', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    world.authenticator.next('startAddAccountSession', { session: {}, url: new URL('http://id.example.com/') })
    expect(await outcomeOf(world.manager.startAddAccountSession(TYPE))).toBe('ERR_INVALID_RESPONSE')
  })

  it('T166, T77, T173 an error of the authenticator arrives with its code, reason and message', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA)
    const error = new AccountError('ERR_MISCONFIGURED', 'unknown client', { reason: 'redirect' })
    world.authenticator.next('startAddAccountSession', error)
    world.authenticator.next('startUpdateCredentialsSession', error)
    const expected = { code: 'ERR_MISCONFIGURED', reason: 'redirect', message: 'unknown client' }
    await expect(world.manager.startAddAccountSession(TYPE)).rejects.toMatchObject(expected)
    await expect(world.manager.startUpdateCredentialsSession(account)).rejects.toMatchObject(expected)
  })

  it('T156, T168 without a type or an account it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.startAddAccountSession(nothing as never))).toBe('TypeError')
      expect(await outcomeOf(world.manager.startUpdateCredentialsSession(nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count()).toBe(0)
  })

  it('T329 without an authenticator it rejects', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    expect(await outcomeOf(world.manager.startAddAccountSession(ABSENT_TYPE))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
  })

  it('T327, T328 gives a session with and without a person', async () => {
    for (const interaction of [true, false]) {
      await using world = await openTestManager({ authenticator: SESSIONS, interaction })
      expect((await world.manager.startAddAccountSession(TYPE)).session).toMatch(/^[\w-]+$/)
    }
  })
})

describe('startUpdateCredentialsSession', () => {
  it('T72 gives the same for an account that is there, and the authenticator gets account, token type and options', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'canary' })
    const started = await world.manager.startUpdateCredentialsSession(account, {
      authTokenType: 'calendar',
      options: { o1: 'v1' },
    })
    expect(isOpaque(started.session)).toBe(true)
    expect(JSON.stringify(started)).not.toContain('canary')
    const [call] = world.authenticator.callsOf('startUpdateCredentialsSession')
    expect(call?.request).toEqual({ account, redirectUri: undefined, authTokenType: 'calendar', options: { o1: 'v1' } })
    expect(call?.context.principal).toBe('com.example.test')
    expect(await world.manager.getPassword(account)).toBe('canary')
  })
})

describe('isCredentialsUpdateSuggested', () => {
  it('T99, T190 asks the authenticator with account and status token', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.isCredentialsUpdateSuggested(account, 'stale')).toBe(true)
    expect(await world.manager.isCredentialsUpdateSuggested(account, 'status-1')).toBe(false)
    expect(world.authenticator.callsOf('isCredentialsUpdateSuggested')[0]?.request).toEqual({
      account,
      statusToken: 'stale',
    })
  })

  it('T100, T101, T188 without an account or a status token it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.isCredentialsUpdateSuggested(nothing as never, 'status'))).toBe('TypeError')
      expect(await outcomeOf(world.manager.isCredentialsUpdateSuggested(account, nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count()).toBe(0)
  })

  it('T102, T189 an error of the authenticator arrives; one that does not know answers no', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next(
      'isCredentialsUpdateSuggested',
      new AccountError('ERR_SERVER', 'a bad day', { reason: 'server' }),
    )
    await expect(world.manager.isCredentialsUpdateSuggested(account, 'x')).rejects.toMatchObject({
      code: 'ERR_SERVER',
      message: 'a bad day',
    })
    expect(await outcomeOf(world.manager.isCredentialsUpdateSuggested(ABSENT, 'x'))).toBe('ERR_ACCOUNT_NOT_FOUND')
    await using plain = await openTestManager()
    expect(await plain.manager.isCredentialsUpdateSuggested(await plain.manager.addAccountExplicitly(ANA), 'x')).toBe(
      false,
    )
  })
})

describe('the sessions of a stranger', () => {
  it('T129, T130 are not started without an authenticator of its own, and reveal nothing', async () => {
    await using world = await openTestManager({ authenticator: { ...SESSIONS, secret: (label) => `canary-${label}` } })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const stranger = await openStranger(world)
    expect(await outcomeOf(stranger.startUpdateCredentialsSession(account))).toBe('ERR_ACCOUNT_NOT_FOUND')
    await show(world, stranger, account)
    expect(await outcomeOf(stranger.startAddAccountSession(TYPE))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    expect(await outcomeOf(stranger.startUpdateCredentialsSession(account))).toBe('ERR_DENIED not_owner')
  })
})
