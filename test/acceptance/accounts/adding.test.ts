import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AccountError } from '@accountry/accounts'
import { createFakeAuthenticator, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ABSENT_TYPE, ANA, BEN, listen, OTHER_TYPE, TYPE } from './support/example.ts'
import { continuationOf, outcomeOf, settle } from './support/outcome.ts'

describe('addAccount', () => {
  it('T4 the authenticator gets token type, features in order, options and who asks; the result holds no token', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccount(TYPE, {
      name: ANA.name,
      authTokenType: 'calendar',
      requiredFeatures: ['f1', 'f2'],
      options: { o1: 'v1', o2: 'v2' },
    })
    const [call] = world.authenticator.callsOf('addAccount')
    expect(call?.request).toEqual({
      name: ANA.name,
      authTokenType: 'calendar',
      requiredFeatures: ['f1', 'f2'],
      options: { o1: 'v1', o2: 'v2' },
    })
    expect(call?.context.principal).toBe('com.example.test')
    expect(account).toEqual({ id: account.id, ...ANA })
    expect(JSON.stringify(account)).not.toContain('token-1')
    expect(world.authenticator.calls).toHaveLength(1)
    expect((await world.manager.peekAuthToken(account, 'calendar'))?.value).toBe('token-1')
  })

  it('T6, T334 without an authenticator it rejects, and does not throw at the call', async () => {
    await using world = await openTestManager()
    const call = world.manager.addAccount(ABSENT_TYPE)
    expect(await outcomeOf(call)).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    expect(world.authenticator.count()).toBe(0)
  })

  it('T218 without a type it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager()
    for (const type of [undefined, null, ''])
      expect(await outcomeOf(world.manager.addAccount(type as never))).toBe('TypeError')
    expect(world.authenticator.count()).toBe(0)
  })

  it('T224 an authenticator that wants a dangerous address opened is refused, and no account is added', async () => {
    await using world = await openTestManager()
    world.authenticator.next('addAccount', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: new URL('file:///etc/passwd'), signal: context.signal })
      return { name: ANA.name }
    })
    expect(await outcomeOf(world.manager.addAccount(TYPE))).toBe('ERR_INVALID_RESPONSE')
    expect(world.interaction.count()).toBe(0)
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T225, T332 an authenticator that wants the person gets them, with everything it said', async () => {
    await using world = await openTestManager()
    world.authenticator.next('addAccount', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: new URL('https://id.example.com/a?b=c'), signal: context.signal })
      return { name: ANA.name }
    })
    const { name } = await world.manager.addAccount(TYPE)
    expect(name).toBe(ANA.name)
    expect(world.interaction.requestsOf('openBrowser').map(({ request }) => request.url.href)).toEqual([
      'https://id.example.com/a?b=c',
    ])
  })

  it('T226 an error of the authenticator arrives with its code, reason and message, and no account is added', async () => {
    await using world = await openTestManager()
    const error = new AccountError('ERR_BAD_CREDENTIALS', 'the service says no', { reason: 'access_denied' })
    world.authenticator.next('addAccount', error)
    await expect(world.manager.addAccount(TYPE)).rejects.toMatchObject({
      code: 'ERR_BAD_CREDENTIALS',
      reason: 'access_denied',
      message: 'the service says no',
    })
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T333 it is not done while the person has not finished, and then gives the account once', async () => {
    await using world = await openTestManager()
    world.interaction.hold('openBrowser')
    world.authenticator.next('addAccount', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: new URL('https://id.example.com/'), signal: context.signal })
      return { name: ANA.name }
    })
    const call = world.manager.addAccount(TYPE)
    const continuation = continuationOf(call)
    await world.interaction.whenAsked('openBrowser')
    await settle()
    expect(continuation.results).toEqual([])
    expect(await world.manager.getAccounts()).toEqual([])
    world.interaction.release()
    await call
    await settle()
    expect(continuation).toEqual({ results: [expect.objectContaining(ANA)], errors: [] })
  })

  it('T47 the time of the sign-in is remembered', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccount(TYPE)
    expect(await world.manager.getAccountInfo(account)).toMatchObject({ lastAuthenticatedAt: world.clock.now() })
  })
})

describe('addAccountExplicitly', () => {
  it('T299 adds once: the same again is ERR_ACCOUNT_EXISTS, another name is another account, in order', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await outcomeOf(world.manager.addAccountExplicitly(ANA))).toBe('ERR_ACCOUNT_EXISTS')
    await world.manager.addAccountExplicitly(BEN)
    expect((await world.manager.getAccounts()).map(({ name }) => name)).toEqual([ANA.name, BEN.name])
    expect(await world.manager.getPassword(account)).toBeUndefined()
    for (const nothing of [undefined, null, 'ana']) {
      expect(await outcomeOf(world.manager.addAccountExplicitly(nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count()).toBe(0)
  })

  it('T300, T305, T306 a password can be given, replaced and cleared', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'given' })
    expect(await world.manager.getPassword(account)).toBe('given')
    await world.manager.setPassword(account, 'replaced')
    expect(await world.manager.getPassword(account)).toBe('replaced')
    await world.manager.clearPassword(account)
    expect(await world.manager.getPassword(account)).toBeUndefined()
    await world.manager.setPassword(account, 'set')
    expect(await world.manager.getPassword(account)).toBe('set')
  })

  it('T26, T304 user data can be given, added, replaced and removed; an unknown key is nothing', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { userData: { k1: 'v1' } })
    await world.manager.setUserData(account, 'k2', 'v2')
    const read = () => Promise.all(['k1', 'k2', 'k3'].map((key) => world.manager.getUserData(account, key)))
    expect(await read()).toEqual(['v1', 'v2', undefined])
    await world.manager.setUserData(account, 'k1', 'v1b')
    await world.manager.setUserData(account, 'k2', undefined)
    expect(await read()).toEqual(['v1b', undefined, undefined])
    expect(await (await world.reopen()).getUserData(account, 'k1')).toBe('v1b')
  })

  it('T302, T303 it is announced once when it succeeds, and not at all when it does not', async () => {
    await using world = await openTestManager()
    const heard = listen(world.manager)
    await world.manager.addAccountExplicitly(ANA)
    await outcomeOf(world.manager.addAccountExplicitly(ANA))
    expect(heard).toEqual([`account:added ${ANA.name}`])
  })

  it('T149 a name that is too long is ERR_LIMIT_EXCEEDED, and the list stays empty', async () => {
    await using world = await openTestManager()
    expect(await outcomeOf(world.manager.addAccountExplicitly({ type: TYPE, name: 'x'.repeat(513) }))).toBe(
      'ERR_LIMIT_EXCEEDED',
    )
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T402 one account more than the limit is ERR_LIMIT_EXCEEDED, and nothing is announced', async () => {
    await using world = await openTestManager({ limits: { accounts: 2 } })
    await world.manager.addAccountExplicitly(ANA)
    await world.manager.addAccount(TYPE, { name: BEN.name })
    const heard = listen(world.manager)
    expect(await outcomeOf(world.manager.addAccountExplicitly({ type: TYPE, name: 'cem' }))).toBe('ERR_LIMIT_EXCEEDED')
    expect(await outcomeOf(world.manager.addAccount(TYPE, { name: 'cem' }))).toBe('ERR_LIMIT_EXCEEDED')
    expect([heard, (await world.manager.getAccounts()).length]).toEqual([[], 2])
    await world.manager.addAccountExplicitly(ANA, { ifExists: 'update' })
  })

  it('T404 user data that is no text is a TypeError, before anything is written', async () => {
    await using world = await openTestManager()
    for (const value of [7, null, {}, true, Symbol('x'), ['x']]) {
      const userData = { key: value } as never
      expect(await outcomeOf(world.manager.addAccountExplicitly(ANA, { userData }))).toBe('TypeError')
    }
    expect(await world.manager.getAccounts()).toEqual([])
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await outcomeOf(world.manager.setUserData(account, 'key', 7 as never))).toBe('TypeError')
    expect(await world.manager.getUserData(account, 'key')).toBeUndefined()
  })

  it('T405 an addition that fails half-way leaves no account, no visibility, no token and no event', async () => {
    await using world = await openTestManager({ authenticator: { tokenTypes: { calendar: {} } } })
    const heard = listen(world.manager)
    const content = { userData: { a: 'b' }, visibility: { 'com.example.stranger': 'visible' } } as const
    // Whether it is found out before or after something was written: nothing stays.
    const half = world.manager.addAccountExplicitly(ANA, { ...content, tokens: { undeclared: { value: 'x' } } })
    expect(await outcomeOf(half)).toBe('TypeError')
    expect([heard, await world.manager.getAccounts()]).toEqual([[], []])
    const stranger = await world.another({ app: { id: 'com.example.stranger' } })
    expect(await stranger.getAccounts()).toEqual([])
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.getUserData(account, 'a')).toBeUndefined()
    expect(await world.manager.getPrincipalsAndVisibilityForAccount(account)).toEqual(new Map())
  })

  it.each(['sealed', 'token', 'visibility', 'change'])(
    'T405 an addition whose write to %s fails leaves nothing, and the next one works',
    async (table) => {
      await using world = await openTestManager()
      const heard = listen(world.manager)
      const content = {
        password: 'p',
        userData: { a: 'b' },
        tokens: { calendar: { value: 'x' } },
        visibility: { 'com.example.stranger': 'visible' },
      } as const
      using database = new DatabaseSync(join(world.directory, 'vault.db'))
      database.exec(`CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'broken'); END`)
      expect(await outcomeOf(world.manager.addAccountExplicitly(ANA, content))).toBe('ERR_VAULT_CORRUPT damaged')
      database.exec('DROP TRIGGER broken')
      expect([heard, await world.manager.getAccounts()]).toEqual([[], []])
      const account = await world.manager.addAccountExplicitly(ANA)
      expect(heard).toEqual([`account:added ${ANA.name}`])
      expect([
        await world.manager.getPassword(account),
        await world.manager.getUserData(account, 'a'),
        await world.manager.peekAuthToken(account, 'calendar'),
        await world.manager.getPrincipalsAndVisibilityForAccount(account),
      ]).toEqual([undefined, undefined, undefined, new Map()])
    },
  )

  it('T148 the same names under two types are different accounts', async () => {
    const authenticators = [createFakeAuthenticator(), createFakeAuthenticator({ type: OTHER_TYPE })]
    await using world = await openTestManager({ authenticators })
    for (const type of [TYPE, OTHER_TYPE]) {
      for (const name of ['ana', 'ben', 'cem']) await world.manager.addAccountExplicitly({ type, name })
    }
    const [first] = await world.manager.getAccountsByType(TYPE)
    expect(
      [await world.manager.getAccounts(), await world.manager.getAccountsByType(TYPE)].map((list) => list.length),
    ).toEqual([6, 3])
    await world.manager.removeAccountExplicitly(first ?? '')
    expect((await world.manager.getAccounts()).map(({ type, name }) => `${type} ${name}`)).toEqual([
      `${TYPE} ben`,
      `${TYPE} cem`,
      `${OTHER_TYPE} ana`,
      `${OTHER_TYPE} ben`,
      `${OTHER_TYPE} cem`,
    ])
  })

  it('T150 passwords of one name under two types are independent', async () => {
    const authenticators = [createFakeAuthenticator(), createFakeAuthenticator({ type: OTHER_TYPE })]
    await using world = await openTestManager({ authenticators })
    const one = await world.manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'one' })
    const other = await world.manager.addAccountExplicitly({ type: OTHER_TYPE, name: 'ana' }, { password: 'other' })
    await world.manager.setPassword(one, 'changed')
    expect([await world.manager.getPassword(one), await world.manager.getPassword(other)]).toEqual(['changed', 'other'])
  })
})
