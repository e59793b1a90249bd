import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccountManager } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failureOf } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const valid = { app: { id: 'com.example.app' }, keyProvider: fixedKey() }

describe('opening', () => {
  it('two authenticators of one type is refused, and leaves nothing open', async () => {
    const options = {
      ...valid,
      directory: tempFolder(),
      authenticators: [createFakeAuthenticator(), createFakeAuthenticator()],
    }
    expect(await failureOf(AccountManager.open(options))).toMatchObject({ code: 'ERR_AUTHENTICATOR_EXISTS' })
    expect(existsSync(join(options.directory, 'vault.db-wal'))).toBe(false)
  })

  it('without a directory is in the per-user folder, named after the app or the vault', async () => {
    const home = mkdtempSync(join(tmpdir(), 'home-'))
    const before = process.env['XDG_DATA_HOME']
    onTestFinished(() => {
      if (before === undefined) delete process.env['XDG_DATA_HOME']
      else process.env['XDG_DATA_HOME'] = before
      rmSync(home, { recursive: true, force: true })
    })
    process.env['XDG_DATA_HOME'] = home
    for (const [vault, folder] of [
      [undefined, 'com.example.app'],
      ['shared', 'shared'],
    ] as const) {
      await using manager = await AccountManager.open({ ...valid, ...(vault !== undefined && { vault }) })
      expect(manager.directory).toBe(join(home, 'accountry', folder))
      expect(existsSync(join(home, 'accountry', folder, 'vault.db'))).toBe(true)
    }
  })

  it('gives the authenticator the fetch, the clock and the name of the app that were given', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator()]
    const fetched = (() => Promise.reject(new Error('not asked'))) as typeof fetch
    const manager = await openManager({
      clock,
      authenticators: [authenticator],
      fetch: fetched,
      app: { id: 'com.example.own', name: 'Own' },
    })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await manager.getAuthToken(account, 'calendar')
    const { context } = authenticator.callsOf('getAuthToken')[0] ?? {}
    expect([context?.fetch, context?.clock, context?.principal]).toEqual([fetched, clock, 'com.example.own'])
    expect(manager.app).toEqual({ id: 'com.example.own', name: 'Own' })
  })

  it('a system app sees every account', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const settings = await openManager({
      directory,
      app: { id: 'com.example.settings', system: true },
      authenticators: [],
    })
    expect(await settings.getAccounts()).toEqual([account])
    expect(await settings.getPassword(account)).toBe('p')
  })
})

describe('limits', () => {
  const tooLarge = { code: 'ERR_LIMIT_EXCEEDED' }

  it('of a password, of a key and of a value of user data are typed errors, and nothing is written (H-49)', async () => {
    const manager = await openManager()
    const add = (options: object) => failureOf(manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, options))
    expect(await add({ password: 'x'.repeat(262_145) })).toMatchObject(tooLarge)
    expect(await add({ userData: { ['k'.repeat(257)]: 'x' } })).toMatchObject(tooLarge)
    expect(await add({ userData: { k: 'x'.repeat(1_048_577) } })).toMatchObject(tooLarge)
    expect(await add({ tokens: { calendar: { value: 'x'.repeat(262_145) } } })).toMatchObject(tooLarge)
    expect(await manager.getAccounts()).toEqual([])
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'x'.repeat(262_144) })
    expect(await failureOf(manager.setPassword(account, 'x'.repeat(262_145)))).toMatchObject(tooLarge)
    expect(await failureOf(manager.setUserData(account, 'k', 'x'.repeat(1_048_577)))).toMatchObject(tooLarge)
    expect(await failureOf(manager.setAuthToken(account, 'calendar', { value: 'x'.repeat(262_145) }))).toMatchObject(
      tooLarge,
    )
    await manager.setUserData(account, 'k', 'x'.repeat(1_048_576))
    expect(await manager.getUserData(account, 'k')).toHaveLength(1_048_576)
    expect(await manager.getPassword(account)).toHaveLength(262_144)
  })

  it('names that mean something elsewhere are plain data (H-44, H-46, H-48)', async () => {
    const manager = await openManager()
    const names = [
      '../../etc/passwd',
      'C:\\x',
      'CON',
      'a/b',
      '__proto__',
      'constructor',
      "x'); DROP TABLE account;--",
      '100%',
      '_',
    ]
    for (const name of names) {
      const account = await manager.addAccountExplicitly({ type: TYPE, name }, { userData: { [name]: name } })
      expect(await manager.findAccount(TYPE, name)).toEqual(account)
      expect(await manager.getUserData(account, name)).toBe(name)
      expect((await manager.getAuthToken(account, name)).authTokenType).toBe(name)
    }
    expect((await manager.getAccounts()).map(({ name }) => name)).toEqual(names)
    expect(await manager.findAccount(TYPE, '%')).toBeUndefined()
    expect(await manager.getAccountInfos({ userData: { __proto__: 'x' } as never })).toHaveLength(names.length)
  })

  it.each<[string, unknown]>([
    ['a number', 7],
    ['null', null],
    ['an object', {}],
    ['a symbol', Symbol('x')],
  ])('%s where a text belongs is a TypeError before any write (H-49)', async (_what, wrong) => {
    const manager = await openManager()
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const never = wrong as never
    const calls = [
      manager.addAccountExplicitly({ type: never, name: 'ben' }),
      manager.addAccountExplicitly({ type: TYPE, name: never }),
      manager.addAccountExplicitly({ type: TYPE, name: 'ben' }, { password: never }),
      manager.renameAccount(account, never),
      manager.setPassword(account, never),
      manager.setUserData(account, never, 'x'),
      manager.setUserData(account, 'x', never),
      manager.findAccount(TYPE, never),
      manager.findAccount(never, 'ana'),
      manager.getAccountsByType(never),
      manager.getAccount(never),
      manager.setAuthToken(account, 'calendar', never),
      manager.setAuthToken(account, 'calendar', { value: never }),
      manager.invalidateAuthToken(TYPE, never),
      manager.getAuthToken(account, 'calendar', { options: { x: Symbol('x') } }),
    ]
    const names = (await Promise.all(calls.map(failureOf))).map(({ name }) => name)
    expect(names).toEqual(names.map(() => 'TypeError'))
    expect([await manager.getPassword(account), (await manager.getAccounts()).length]).toEqual(['p', 1])
  })

  it('a token that the caller adds with an account and that is none is the caller’s mistake', async () => {
    const manager = await openManager()
    const adding = manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { tokens: { calendar: { value: '' } } })
    expect(await failureOf(adding)).toMatchObject({ name: 'TypeError' })
  })
})

describe('which account', () => {
  it('is the default, once there is one, and the others when it goes', async () => {
    const manager = await openManager()
    const ana = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    const ben = await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    expect(await failureOf(manager.resolveAccount(TYPE))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'several_accounts',
    })
    await manager.setDefaultAccount(TYPE, ben)
    expect([await manager.getDefaultAccount(TYPE), await manager.resolveAccount(TYPE)]).toEqual([ben, ben])
    expect(await manager.resolveAccount(TYPE, { hint: 'ana' })).toEqual(ana)
    await manager.removeAccountExplicitly(ben)
    expect([await manager.getDefaultAccount(TYPE), await manager.resolveAccount(TYPE)]).toEqual([undefined, ana])
    await manager.setDefaultAccount(TYPE, ana)
    await manager.setDefaultAccount(TYPE, undefined)
    expect(await manager.getDefaultAccount(TYPE)).toBeUndefined()
  })

  it('of another type cannot be the default', async () => {
    const manager = await openManager({
      authenticators: [createFakeAuthenticator(), createFakeAuthenticator({ type: 'com.other' })],
    })
    const other = await manager.addAccountExplicitly({ type: 'com.other', name: 'ana' })
    expect(await failureOf(manager.setDefaultAccount(TYPE, other))).toMatchObject({ name: 'TypeError' })
  })

  it('is signed in to when there is none and the person may be asked, with the hint as its name', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator], interaction: {} })
    expect(await failureOf(manager.resolveAccount(TYPE, { hint: 'ana' }))).toMatchObject({ reason: 'no_account' })
    expect(await manager.resolveAccount(TYPE, { hint: 'ana', interaction: 'allow' })).toMatchObject({ name: 'ana' })
    expect(authenticator.count('addAccount')).toBe(1)
  })
})

describe('getAccountInfos', () => {
  it('filters by type, state and user data, and gives page after page', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({
      authenticators: [authenticator, createFakeAuthenticator({ type: 'com.other' })],
    })
    for (const name of ['ana', 'ben', 'cem', 'dora']) {
      await manager.addAccountExplicitly({ type: TYPE, name }, { userData: { team: name < 'c' ? 'one' : 'two' } })
    }
    await manager.addAccountExplicitly({ type: 'com.other', name: 'ana' })
    const names = async (filter: object) => (await manager.getAccountInfos(filter)).map(({ account }) => account.name)
    expect(await names({ type: TYPE, userData: { team: 'two' } })).toEqual(['cem', 'dora'])
    expect(await names({ type: TYPE, limit: 2 })).toEqual(['ana', 'ben'])
    const { account } = (await manager.getAccountInfos({ type: TYPE, limit: 2 }))[1] ?? {}
    expect(await names({ type: TYPE, limit: 2, after: account?.id })).toEqual(['cem', 'dora'])
    expect(await names({ limit: 0 })).toEqual([])
    manager.unregisterAuthenticator('com.other')
    expect(await names({ state: 'orphaned' })).toEqual(['ana'])
  })
})
