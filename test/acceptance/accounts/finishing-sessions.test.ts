import { AccountError } from '@accountry/accounts'
import { createFakeAuthenticator, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, listen, OTHER_TYPE, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { isOpaque, SESSIONS } from './support/session.ts'
import { openStranger } from './support/stranger.ts'

const CALLBACK = new URL('https://app.example.com/callback?code=c&state=s')

describe('finishSession', () => {
  it('T82, T330 finishes a sign-in: the authenticator sees what it started with, nothing is started again', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE, { options: { name: ANA.name } })
    const account = await world.manager.finishSession(session, { url: CALLBACK })
    expect(account).toEqual({ id: account.id, ...ANA })
    expect(await world.manager.getAccounts()).toEqual([account])
    const [call] = world.authenticator.callsOf('finishSession')
    expect(call?.request).toEqual({ session: { name: ANA.name }, answer: { url: CALLBACK }, account: undefined })
    expect(world.authenticator.calls.map(({ method }) => method)).toEqual(['startAddAccountSession', 'finishSession'])
  })

  it('T83 finishes a sign-in to an account that is there', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const heard = listen(world.manager)
    const { session } = await world.manager.startUpdateCredentialsSession(account)
    expect(await world.manager.finishSession(session, { url: CALLBACK.href })).toEqual(account)
    expect(world.authenticator.callsOf('finishSession')[0]?.request).toMatchObject({
      account,
      answer: { url: CALLBACK },
    })
    expect(await world.manager.getPassword(account)).toBe('refresh-1')
    expect(heard).toEqual([`account:updated ${ANA.name}`])
  })

  it('another person who finishes a sign-in to an account is ERR_IDENTITY_MISMATCH', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const { session } = await world.manager.startUpdateCredentialsSession(account)
    world.authenticator.next('finishSession', {
      name: BEN.name,
      password: 'x',
      issuer: 'https://id.example.com',
      subject: BEN.name,
    })
    expect(await outcomeOf(world.manager.finishSession(session))).toBe('ERR_IDENTITY_MISMATCH')
    expect(await world.manager.getPassword(account)).toBe('refresh-0')
  })

  it('T84 without a session it is a TypeError', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    for (const nothing of [undefined, null, '', 7, {}]) {
      expect(await outcomeOf(world.manager.finishSession(nothing as never))).toBe('TypeError')
    }
    const { session } = await world.manager.startAddAccountSession(TYPE)
    expect(await outcomeOf(world.manager.finishSession(session, null as never))).toBe('TypeError')
    expect(await outcomeOf(world.manager.finishSession(session, { url: 'callback' }))).toBe('TypeError')
    expect(await outcomeOf(world.manager.finishSession(session))).toBe('ok')
  })

  it('T86, T87, T178, T425 one that is forged, flipped in one byte, cut or of another vault is ERR_SESSION_INVALID', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    await using elsewhere = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE)
    const bytes = Buffer.from(session, 'base64url')
    const flipped = Array.from({ length: bytes.length }, (_, at) => {
      const copy = Buffer.from(bytes)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    })
    const forged = [
      ...flipped,
      bytes.subarray(0, -1),
      bytes.subarray(0, 20),
      bytes.subarray(1),
      Buffer.from(JSON.stringify({ type: TYPE, session: {} })),
      Buffer.from((await elsewhere.manager.startAddAccountSession(TYPE)).session, 'base64url'),
    ]
    for (const each of forged) {
      expect(await outcomeOf(world.manager.finishSession(each.toString('base64url')))).toBe('ERR_SESSION_INVALID')
    }
    expect(world.authenticator.count('finishSession')).toBe(0)
    expect(await outcomeOf(world.manager.finishSession(session))).toBe('ok')
  })

  it('T88, T89, T90, T179 the type is the one that was asked for, whatever the authenticator put into the session', async () => {
    const authenticators = [
      createFakeAuthenticator(SESSIONS),
      createFakeAuthenticator({ ...SESSIONS, type: OTHER_TYPE }),
    ]
    await using world = await openTestManager({ authenticators })
    authenticators[0]?.next(
      'startAddAccountSession',
      { session: { type: OTHER_TYPE, name: ANA.name } },
      { session: { name: BEN.name } },
    )
    for (const name of [ANA.name, BEN.name]) {
      const { session } = await world.manager.startAddAccountSession(TYPE)
      expect(await world.manager.finishSession(session)).toMatchObject({ type: TYPE, name })
    }
    const account = await world.manager.addAccountExplicitly({ type: TYPE, name: 'cem' })
    authenticators[0]?.next('startUpdateCredentialsSession', { session: { type: OTHER_TYPE, name: 'cem' } })
    const { session } = await world.manager.startUpdateCredentialsSession(account)
    expect(await world.manager.finishSession(session)).toEqual(account)
    expect(authenticators[1]?.count()).toBe(0)
  })

  it('T92, T93, T184 an authenticator that needs the person while it finishes cannot ask here', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE)
    world.authenticator.next('finishSession', async (_request, context) => {
      if (context.interaction === undefined) throw new AccountError('ERR_INTERACTION_REQUIRED', 'somebody has to look')
      return { name: ANA.name }
    })
    expect(await outcomeOf(world.manager.finishSession(session))).toBe('ERR_INTERACTION_REQUIRED')
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T94, T185 an error of the authenticator arrives with its code, reason and message', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE)
    world.authenticator.next(
      'finishSession',
      new AccountError('ERR_DENIED', 'the person said no', { reason: 'access_denied' }),
    )
    await expect(world.manager.finishSession(session)).rejects.toMatchObject({
      code: 'ERR_DENIED',
      reason: 'access_denied',
      message: 'the person said no',
    })
  })

  it('T183 an answer that is no account is ERR_INVALID_RESPONSE, and no account is added', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    for (const answer of [() => null, () => ({}), () => ({ name: 7 })]) {
      const { session } = await world.manager.startAddAccountSession(TYPE)
      world.authenticator.next('finishSession', answer as never)
      expect(await outcomeOf(world.manager.finishSession(session))).toBe('ERR_INVALID_RESPONSE')
    }
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T182 ends the account’s call for attention, and names who asks now', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const refused = new AccountError('ERR_INTERACTION_REQUIRED', 'x', { reason: 'revoked_or_reused' })
    world.authenticator.next('getAuthToken', refused, refused)
    const attention: unknown[] = []
    world.manager.on('account:attention', ({ account: { id } }) => attention.push(id))
    await outcomeOf(world.manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    const { session } = await world.manager.startUpdateCredentialsSession(account)
    await world.manager.finishSession(session)
    expect(await world.manager.getAccountInfo(account)).toMatchObject({ state: 'ok' })
    await outcomeOf(world.manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    expect(attention).toEqual([account.id, account.id])
    expect(world.authenticator.callsOf('finishSession')[0]?.context.principal).toBe('com.example.test')
  })

  it('T426 a second time, by another app, or after its time is ERR_SESSION_INVALID', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE)
    const stranger = await openStranger(world, { authenticators: [createFakeAuthenticator(SESSIONS)] })
    expect(await outcomeOf(stranger.finishSession(session))).toBe('ERR_SESSION_INVALID')
    const other = await world.another({ authenticators: [world.authenticator] })
    const outcomes = await Promise.all(
      [world.manager, other, other].map((manager) => outcomeOf(manager.finishSession(session))),
    )
    expect(outcomes.sort()).toEqual(['ERR_SESSION_INVALID', 'ERR_SESSION_INVALID', 'ok'])
    const late = await world.manager.startAddAccountSession(TYPE)
    world.clock.jump(600_000 - 1)
    const inTime = await world.manager.startAddAccountSession(TYPE)
    world.clock.jump(1)
    expect(await outcomeOf(world.manager.finishSession(late.session))).toBe('ERR_SESSION_INVALID')
    expect(await outcomeOf(world.manager.finishSession(inTime.session))).toBe('ok')
  })

  it('can be done by another process of the app, after a restart', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE)
    expect(await outcomeOf((await world.reopen()).finishSession(session))).toBe('ok')
  })

  it('to an account that was removed meanwhile is ERR_SESSION_INVALID', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const { session } = await world.manager.startUpdateCredentialsSession(account)
    await world.manager.removeAccountExplicitly(account)
    expect(await outcomeOf(world.manager.finishSession(session))).toBe('ERR_SESSION_INVALID')
  })
})

describe('an authenticator without sessions of its own', () => {
  it('T135 a started sign-in is finished as addAccount, with the original token type and options', async () => {
    await using world = await openTestManager()
    const started = await world.manager.startAddAccountSession(TYPE, {
      authTokenType: 'calendar',
      options: { o1: 'v1' },
    })
    expect([world.authenticator.count(), isOpaque(started.session), started.url]).toEqual([0, true, undefined])
    const account = await world.manager.finishSession(started.session)
    const [call] = world.authenticator.callsOf('addAccount')
    expect(call?.request).toEqual({
      name: undefined,
      authTokenType: 'calendar',
      requiredFeatures: [],
      options: { o1: 'v1' },
    })
    expect(Object.keys(account).sort()).toEqual(['id', 'name', 'type'])
  })

  it('T134, T136 a started sign-in to an account is finished as updateCredentials', async () => {
    await using world = await openTestManager({ authenticator: { canUpdate: true } })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const { session } = await world.manager.startUpdateCredentialsSession(account, { options: { o1: 'v1' } })
    expect(await world.manager.finishSession(session)).toEqual(account)
    expect(world.authenticator.callsOf('updateCredentials').map(({ request }) => request)).toEqual([
      { account, authTokenType: undefined, options: { o1: 'v1' } },
    ])
  })

  it('T131, T132 one that starts sessions and cannot finish them is told so, and no account is added', async () => {
    const { finishSession: _missing, ...half } = createFakeAuthenticator(SESSIONS)
    await using world = await openTestManager({ authenticators: [half] })
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const started of [
      await world.manager.startAddAccountSession(TYPE),
      await world.manager.startUpdateCredentialsSession(account),
    ]) {
      expect(await outcomeOf(world.manager.finishSession(started.session))).toBe('ERR_SESSION_INVALID')
    }
    expect(await world.manager.getAccounts()).toEqual([account])
  })
})
