import { AccountError } from '@accountry/accounts'
import { createFakeAuthenticator, openTestManager, type TestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ABSENT_TYPE, ANA, BEN, listen, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'

const ABSENT = '00000000-0000-4000-8000-000000000000'
const SCRIPT = { canConfirm: true, canUpdate: true, canEdit: true } as const

async function lastAuthenticatedAt(world: TestManager, account: { id: string }): Promise<number | undefined> {
  return (await world.manager.getAccountInfo(account.id)).lastAuthenticatedAt
}

describe('confirmCredentials', () => {
  it('T46, T352 a password that fits is true, and the authenticator is asked about this account', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    expect(await world.manager.confirmCredentials(account, { password: 'p' })).toBe(true)
    expect(world.authenticator.callsOf('confirmCredentials').map(({ request }) => request)).toEqual([
      { account, password: 'p' },
    ])
    expect(world.interaction.count()).toBe(0)
  })

  it('T353 a password that does not fit is false, and that is no error', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    expect(await world.manager.confirmCredentials(account, { password: 'wrong' })).toBe(false)
    expect(await lastAuthenticatedAt(world, account)).toBeUndefined()
  })

  it('T351 without a password the person is asked', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA, { password: '' + 'p' })
    expect(await world.manager.confirmCredentials(account)).toBe(false)
    expect(world.interaction.requestsOf('promptCredentials')[0]?.request.fields).toMatchObject([
      { name: 'password', secret: true },
    ])
  })

  it('T48 an account that is not there is ERR_ACCOUNT_NOT_FOUND', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    expect(await outcomeOf(world.manager.confirmCredentials(ABSENT))).toBe('ERR_ACCOUNT_NOT_FOUND')
  })

  it('T228, T348 without an account it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.confirmCredentials(nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count()).toBe(0)
  })

  it('T354 without an authenticator it rejects', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA)
    world.manager.unregisterAuthenticator(TYPE)
    expect(await outcomeOf(world.manager.confirmCredentials(account))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    world.manager.registerAuthenticator(createFakeAuthenticator())
    expect(await outcomeOf(world.manager.confirmCredentials(account))).toBe('ERR_UNSUPPORTED')
  })

  it('T230, T231, T232 an address that is dangerous is refused, a good one is opened, an error passes through', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA)
    const opening =
      (url: string) =>
      async (_request: unknown, context: { interaction?: { openBrowser?: unknown }; signal: AbortSignal }) => {
        const open = context.interaction?.openBrowser as (request: object) => Promise<void>
        await open({ url: new URL(url), account, signal: context.signal })
        return true
      }
    world.authenticator.next(
      'confirmCredentials',
      opening('file:///etc/passwd'),
      opening('https://id.example.com/?again'),
      new AccountError('ERR_BAD_CREDENTIALS', 'the service says no'),
    )
    expect(await outcomeOf(world.manager.confirmCredentials(account))).toBe('ERR_INVALID_RESPONSE')
    expect(world.interaction.count()).toBe(0)
    expect(await world.manager.confirmCredentials(account)).toBe(true)
    expect(world.interaction.requestsOf('openBrowser')[0]?.request).toMatchObject({
      account,
      url: new URL('https://id.example.com/?again'),
    })
    await expect(world.manager.confirmCredentials(account)).rejects.toMatchObject({
      code: 'ERR_BAD_CREDENTIALS',
      message: 'the service says no',
    })
  })

  it('a person who confirmed is remembered as having signed in', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    world.clock.jump(5_000)
    await world.manager.confirmCredentials(account, { password: 'p' })
    expect(await lastAuthenticatedAt(world, account)).toBe(world.clock.now())
  })
})

describe('updateCredentials', () => {
  it('T53 signs in again to this account, and gives it back without its secrets', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const updated = await world.manager.updateCredentials(account, { authTokenType: 'calendar', options: { o1: 'v1' } })
    expect(updated).toEqual(account)
    const [call] = world.authenticator.callsOf('updateCredentials')
    expect(call?.request).toEqual({ account, authTokenType: 'calendar', options: { o1: 'v1' } })
    expect(await world.manager.getPassword(account)).toBe('refresh-1')
  })

  it('T50 the time of the sign-in moves on', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const before = await lastAuthenticatedAt(world, account)
    world.clock.jump(1_000)
    await world.manager.updateCredentials(account)
    expect(await lastAuthenticatedAt(world, account)).toBe((before ?? 0) + 1_000)
  })

  it('T51 a password that is set moves nothing', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const before = await lastAuthenticatedAt(world, account)
    world.clock.jump(1_000)
    await world.manager.setPassword(account, 'x')
    expect(await lastAuthenticatedAt(world, account)).toBe(before)
    const explicit = await world.manager.addAccountExplicitly(BEN, { password: 'p' })
    expect(await lastAuthenticatedAt(world, explicit)).toBeUndefined()
  })

  it('T234 without an account it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.updateCredentials(nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count()).toBe(0)
  })

  it('T236, T237, T238 an address that is dangerous is refused, a good one is opened, an error passes through', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    const opening =
      (url: string) =>
      async (_request: unknown, context: { interaction?: { openBrowser?: unknown }; signal: AbortSignal }) => {
        const open = context.interaction?.openBrowser as (request: object) => Promise<void>
        await open({ url: new URL(url), account, signal: context.signal })
        return { name: ANA.name, password: 'new' }
      }
    world.authenticator.next(
      'updateCredentials',
      opening('data:text/html,x'),
      new AccountError('ERR_DENIED', 'the person said no', { reason: 'access_denied' }),
      opening('https://id.example.com/'),
    )
    expect(await outcomeOf(world.manager.updateCredentials(account))).toBe('ERR_INVALID_RESPONSE')
    await expect(world.manager.updateCredentials(account)).rejects.toMatchObject({
      code: 'ERR_DENIED',
      message: 'the person said no',
    })
    expect(await world.manager.getPassword(account)).toBe('p')
    await world.manager.updateCredentials(account)
    expect(await world.manager.getPassword(account)).toBe('new')
  })

  it('another person who signs in is ERR_IDENTITY_MISMATCH, and nothing changes', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccount(TYPE, { name: ANA.name })
    const heard = listen(world.manager)
    world.authenticator.next('updateCredentials', {
      name: ANA.name,
      password: 'x',
      issuer: 'https://id.example.com',
      subject: 'somebody',
    })
    expect(await outcomeOf(world.manager.updateCredentials(account))).toBe('ERR_IDENTITY_MISMATCH')
    expect([heard, await world.manager.getPassword(account)]).toEqual([[], 'refresh-0'])
  })

  it('an answer without a password keeps the one that is there', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    world.authenticator.next('updateCredentials', { name: ANA.name })
    await world.manager.updateCredentials(account)
    expect(await world.manager.getPassword(account)).toBe('p')
  })
})

describe('addAccountExplicitly with ifExists', () => {
  it('keeps or updates what is there, as it is told', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    expect(await world.manager.addAccountExplicitly(ANA, { password: 'q', ifExists: 'keep' })).toEqual(account)
    expect(await world.manager.getPassword(account)).toBe('p')
    expect(await world.manager.addAccountExplicitly(ANA, { password: 'q', ifExists: 'update' })).toEqual(account)
    expect(await world.manager.getPassword(account)).toBe('q')
    expect(await outcomeOf(world.manager.addAccountExplicitly(ANA, { ifExists: 'replace' as never }))).toBe('TypeError')
  })

  it('an update that says nothing of a password keeps the one that is there', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    await world.manager.addAccountExplicitly(ANA, { userData: { key: 'value' }, ifExists: 'update' })
    expect(await world.manager.getUserData(account, 'key')).toBe('value')
    expect(await world.manager.getPassword(account)).toBe('p')
  })
})

describe('editProperties', () => {
  it('T242 opens the settings of the type, for who registered its authenticator', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    expect(await world.manager.editProperties(TYPE, { options: { page: 'x' } })).toBeUndefined()
    expect(world.authenticator.callsOf('editProperties').map(({ request }) => request)).toEqual([
      { options: { page: 'x' } },
    ])
  })

  it('T240 without a type it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: SCRIPT })
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.editProperties(nothing as never))).toBe('TypeError')
    }
    expect(await outcomeOf(world.manager.editProperties(ABSENT_TYPE))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    expect(world.authenticator.count()).toBe(0)
  })
})

describe('notifyAccountAuthenticated', () => {
  it('T282 moves the time of the sign-in and ends a state that only a person could end', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next(
      'getAuthToken',
      new AccountError('ERR_INTERACTION_REQUIRED', 'x', { reason: 'login_required' }),
    )
    await outcomeOf(world.manager.getAuthToken(account, 'calendar'))
    world.clock.jump(1_000)
    await world.manager.notifyAccountAuthenticated(account)
    expect(await world.manager.getAccountInfo(account)).toMatchObject({
      state: 'ok',
      lastAuthenticatedAt: world.clock.now(),
    })
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ok')
  })
})

describe('no secret comes back', () => {
  it('T384 from adding, updating, confirming, asking, editing and removing', async () => {
    const authenticator = {
      ...SCRIPT,
      features: ['f1'],
      removalAllowed: true,
      secret: (label: string) => `canary-${label}`,
    }
    await using world = await openTestManager({ authenticator })
    const { manager } = world
    const account = await manager.addAccount(TYPE, { authTokenType: 'calendar' })
    const results = [
      account,
      await manager.updateCredentials(account, { authTokenType: 'calendar' }),
      await manager.confirmCredentials(account, { password: 'x' }),
      await manager.editProperties(TYPE),
      await manager.hasFeatures(account, ['f1']),
      await manager.getAccountInfo(account),
      await manager.getAccountInfos(),
      await manager.getAccounts(),
      await manager.resolveAccount(TYPE),
      await manager.health(),
      await manager.removeAccount(account),
    ]
    expect(JSON.stringify(results)).not.toContain('canary')
  })
})
