import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AccountManager } from '@accountry/accounts'
import { createFakeAuthenticator, openTestManager, startProcess } from '@accountry/testing'
import { compactDecrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, listen, TYPE } from './support/example.ts'
import { fixedKey } from './support/fixed-key.ts'
import { outcomeOf } from './support/outcome.ts'
import { STRANGER } from './support/stranger.ts'

const WRITER = new URL('support/killed-writer.ts', import.meta.url)

/** How many rows of a table belong to an account. */
function rowsOf(directory: string, account: string): Record<string, number> {
  const database = new DatabaseSync(join(directory, 'vault.db'), { readOnly: true })
  try {
    const count = (table: string, column: string) =>
      Number(database.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`).get(account)?.['n'])
    const tables = ['sealed', 'token', 'visibility', 'token_grant', 'default_account']
    return Object.fromEntries([
      ['account', count('account', 'id')],
      ...tables.map((table) => [table, count(table, 'account')] as const),
    ])
  } finally {
    database.close()
  }
}

describe('a locked vault', () => {
  it('T153, T285 an account that is removed while it is locked is gone at once, with its secrets, and stays gone', async () => {
    await using world = await openTestManager()
    const ana = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    const ben = await world.manager.addAccountExplicitly(BEN, { password: 'q' })
    world.keyProvider.always = 'locked'
    const locked = await world.reopen()
    expect(await locked.getAccounts()).toHaveLength(2)
    expect(await locked.removeAccountExplicitly(ana)).toBe(true)
    expect(await locked.getAccounts()).toEqual([ben])
    expect(rowsOf(world.directory, ana.id)).toMatchObject({ account: 0, sealed: 0 })
    world.keyProvider.always = undefined
    expect(await locked.unlock()).toBe(true)
    expect([await locked.getAccounts(), await locked.getPassword(ben)]).toEqual([[ben], 'q'])
  })

  it('T273, T428 lists, refuses secrets and additions with ERR_VAULT_LOCKED, and starts no authenticator', async () => {
    await using world = await openTestManager({ authenticator: { canUpdate: true, canConfirm: true } })
    const account = await world.manager.addAccountExplicitly(ANA, {
      password: 'p',
      userData: { a: 'b' },
      tokens: { calendar: { value: 'x' } },
    })
    world.keyProvider.always = 'locked'
    const locked = await world.reopen()
    expect([
      await locked.getAccounts(),
      await locked.findAccount(TYPE, ANA.name),
      await locked.getAccount(account.id),
    ]).toEqual([[account], account, account])
    expect((await locked.getAccountInfo(account)).state).toBe('ok')
    const calls = [
      locked.getPassword(account),
      locked.setPassword(account, 'x'),
      locked.getUserData(account, 'a'),
      locked.setUserData(account, 'a', 'x'),
      locked.getAuthToken(account, 'calendar'),
      locked.peekAuthToken(account, 'calendar'),
      locked.setAuthToken(account, 'calendar', { value: 'x' }),
      locked.addAccountExplicitly(BEN),
      locked.addAccount(TYPE),
      locked.startAddAccountSession(TYPE),
      locked.export({ key: new Uint8Array(32) }),
    ]
    expect(new Set(await Promise.all(calls.map((call) => outcomeOf(call))))).toEqual(new Set(['ERR_VAULT_LOCKED']))
    expect(world.authenticator.count()).toBe(0)
    expect(await locked.renameAccount(account, 'anna')).toMatchObject({ name: 'anna' })
  })

  it('T428 questions about an account that need its secrets are refused before the authenticator is started', async () => {
    await using world = await openTestManager({ authenticator: { canUpdate: true, canConfirm: true } })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    world.keyProvider.always = 'locked'
    const locked = await world.reopen()
    expect(await outcomeOf(locked.confirmCredentials(account, { password: 'p' }))).toBe('ERR_VAULT_LOCKED')
    expect(await outcomeOf(locked.updateCredentials(account))).toBe('ERR_VAULT_LOCKED')
    expect(world.authenticator.count()).toBe(0)
  })
})

describe('the store', () => {
  it('T274, T287 an account is found by id and by name after it was added, and by nothing after it was removed', async () => {
    await using world = await openTestManager()
    expect(await world.manager.findAccount(TYPE, ANA.name)).toBeUndefined()
    const account = await world.manager.addAccountExplicitly(ANA)
    expect([await world.manager.getAccount(account.id), await world.manager.findAccount(TYPE, ANA.name)]).toEqual([
      account,
      account,
    ])
    await world.manager.removeAccountExplicitly(account)
    expect([await world.manager.getAccount(account.id), await world.manager.findAccount(TYPE, ANA.name)]).toEqual([
      undefined,
      undefined,
    ])
  })

  it('T275, T276, T278, T284, T288, T290 a removal takes password, tokens, user data, visibility, grants and default with it', async () => {
    await using world = await openTestManager()
    const { manager } = world
    const content = { password: 'p', userData: { a: 'b' }, tokens: { calendar: { value: 'x' } } }
    const account = await manager.addAccountExplicitly(ANA, { ...content, visibility: { [STRANGER.id]: 'visible' } })
    await manager.grantAuthToken(account, 'calendar', STRANGER.id)
    await manager.setDefaultAccount(TYPE, account)
    await manager.setPassword(account, 'new')
    await manager.setAuthToken(account, 'calendar', { value: 'y' })
    await manager.setUserData(account, 'a', 'c')
    expect([
      await manager.getPassword(account),
      (await manager.peekAuthToken(account, 'calendar'))?.value,
      await manager.getUserData(account, 'a'),
    ]).toEqual(['new', 'y', 'c'])
    expect(rowsOf(world.directory, account.id)).toEqual({
      account: 1,
      sealed: 2,
      token: 1,
      visibility: 1,
      token_grant: 1,
      default_account: 1,
    })
    await manager.removeAccountExplicitly(account)
    expect(rowsOf(world.directory, account.id)).toEqual({
      account: 0,
      sealed: 0,
      token: 0,
      visibility: 0,
      token_grant: 0,
      default_account: 0,
    })
  })

  it('T281 who serves a type is not stored: registering and unregistering changes no account', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    // Commits show in the data version of another connection; the file itself stays as it is while there is a log.
    using watcher = new DatabaseSync(join(world.directory, 'vault.db'), { readOnly: true })
    const version = () => watcher.prepare('PRAGMA data_version').get()?.['data_version']
    const before = version()
    world.manager.unregisterAuthenticator(TYPE)
    expect(world.manager.getAuthenticatorTypes()).toEqual([])
    world.manager.registerAuthenticator(createFakeAuthenticator())
    await world.manager.flush()
    expect(version()).toBe(before)
    await world.manager.setUserData(account, 'key', 'value')
    expect(version()).not.toBe(before)
    expect(await world.manager.getPassword(account)).toBe('p')
  })

  it('T286 what is written together is there together, or not at all', async () => {
    await using world = await openTestManager({ authenticator: { tokenTypes: { calendar: {} } } })
    const tokens = { calendar: { value: 'x' }, undeclared: { value: 'y' } }
    expect(await outcomeOf(world.manager.addAccountExplicitly(ANA, { password: 'p', tokens }))).toBe('TypeError')
    const database = new DatabaseSync(join(world.directory, 'vault.db'), { readOnly: true })
    const counts = ['account', 'sealed', 'token', 'change'].map(
      (table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'],
    )
    database.close()
    expect(counts).toEqual([0, 0, 0, 0])
  })

  it('T292 revisions rise by one with each change and never begin anew', async () => {
    await using world = await openTestManager()
    const revisions: number[] = []
    const collect = (manager: AccountManager) => manager.on('account:added', ({ revision }) => revisions.push(revision))
    collect(world.manager)
    for (let n = 0; n < 5; n++) await world.manager.addAccountExplicitly({ type: TYPE, name: `ana-${n}` })
    collect(await world.reopen())
    for (let n = 5; n < 10; n++) await world.manager.addAccountExplicitly({ type: TYPE, name: `ana-${n}` })
    expect(revisions).toEqual(Array.from({ length: 10 }, (_, n) => (revisions[0] ?? 0) + n))
  })

  it('T430 of a newer format is refused, never wiped', async () => {
    await using world = await openTestManager()
    await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    await world.manager.close()
    const file = join(world.directory, 'vault.db')
    const database = new DatabaseSync(file)
    database.exec("UPDATE header SET value = '2' WHERE name = 'format'")
    database.close()
    const before = readFileSync(file)
    expect(await outcomeOf(world.another())).toBe('ERR_VAULT_NEWER newer')
    expect(await outcomeOf(world.another({ recover: true }))).toBe('ERR_VAULT_NEWER newer')
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})

describe('an export', () => {
  it('is an ordinary JWE: another program opens it with its key', async () => {
    await using world = await openTestManager()
    await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    const key = new Uint8Array(32).fill(1)
    const { plaintext, protectedHeader } = await compactDecrypt(await world.manager.export({ key }), key)
    expect(protectedHeader).toMatchObject({ alg: 'dir', enc: 'A256GCM' })
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toMatchObject({ accounts: [{ ...ANA, password: 'p' }] })
  })
})

describe('a process that is killed while it adds accounts', () => {
  it('T429 leaves each of them whole or not there at all', { timeout: 60_000 }, async () => {
    await using world = await openTestManager({ keyProvider: fixedKey() })
    await world.manager.close()
    for (let round = 0; round < 5; round++) {
      await using writer = startProcess<never, string>(WRITER, [world.directory, `round-${round}`])
      const acknowledged = [await writer.next()]
      while (acknowledged.length < 5 + round) acknowledged.push(await writer.next())
      await writer.kill('SIGKILL')
      const reader = await world.another({ authenticators: [world.authenticator] })
      const heard = listen(reader)
      const accounts = await reader.getAccounts()
      expect(accounts.map(({ name }) => name)).toEqual(expect.arrayContaining(acknowledged))
      for (const account of accounts) {
        expect(await reader.getPassword(account)).toBe(`password of ${account.name}`)
        expect(await reader.getUserData(account, 'name')).toBe(account.name)
        expect((await reader.peekAuthToken(account, 'calendar'))?.value).toBe(`token of ${account.name}`)
      }
      expect(heard).toEqual([])
      await reader.close()
    }
  })
})
