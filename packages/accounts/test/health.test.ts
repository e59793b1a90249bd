import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { volatileKey } from '@accountry/keychain'
import { createFakeAuthenticator, createFakeKeyProvider } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf, invalidGrant, offline } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('the health of a vault', () => {
  it('that is well says where it is and what guards it', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: createFakeKeyProvider() })
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'canary' })
    expect(await manager.health()).toEqual({
      ok: true,
      locked: false,
      providers: [{ id: 'fake', protection: 'os-user', usable: true }],
      persistence: 'disk',
      accounts: 1,
      needsAttention: 0,
      directory,
      problems: [],
    })
  })

  it.each([
    ['locked', 'ERR_VAULT_LOCKED'],
    ['unavailable', 'ERR_VAULT_UNAVAILABLE'],
    ['absent', 'ERR_VAULT_KEY_LOST'],
    ['corrupt', 'ERR_VAULT_KEY_LOST'],
  ] as const)('whose provider is %s says so, why, and what to do', async (outcome, code) => {
    const keyProvider = createFakeKeyProvider()
    const directory = tempFolder()
    await (await openManager({ directory, keyProvider })).close()
    keyProvider.always = outcome
    const health = await (await openManager({ directory, keyProvider })).health()
    expect(health).toMatchObject({ ok: false, locked: true, problems: [{ code }] })
    expect(health.providers).toEqual([
      { id: 'fake', protection: 'os-user', usable: false, why: expect.stringContaining(outcome) },
    ])
    for (const { message, fix } of health.problems) expect([message, fix].every((text) => text.length > 20)).toBe(true)
  })

  it('names a provider that this app does not use', async () => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'two' })]
    const directory = tempFolder()
    await (await openManager({ directory, keyProvider: [one, two] })).close()
    const { ok, providers } = await (await openManager({ directory, keyProvider: one })).health()
    expect(ok).toBe(true)
    expect(providers).toEqual([
      { id: 'one', protection: 'os-user', usable: true },
      { id: 'two', protection: 'os-user', usable: false, why: expect.any(String) },
    ])
  })

  it('of several providers that cannot open it names what is wrong with each', async () => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'two' })]
    const directory = tempFolder()
    await (await openManager({ directory, keyProvider: [one, two] })).close()
    one.always = 'locked'
    two.always = 'unavailable'
    const { providers } = await (await openManager({ directory, keyProvider: [one, two] })).health()
    expect(providers.map(({ usable }) => usable)).toEqual([false, false])
  })

  it('whose key everybody can read says so, and is well otherwise', async () => {
    const keyProvider = createFakeKeyProvider([], { protection: 'none' })
    const health = await (await openManager({ keyProvider })).health()
    expect(health).toMatchObject({
      ok: true,
      providers: [{ protection: 'none' }],
      problems: [{ fix: expect.any(String) }],
    })
  })

  it('whose key dies with the process is in memory', async () => {
    expect((await (await openManager({ keyProvider: volatileKey() })).health()).persistence).toBe('memory')
  })

  it('counts the accounts that need somebody, and not those that only wait', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    for (const [name, error] of [
      ['ana', invalidGrant()],
      ['ben', offline()],
      ['cem', undefined],
    ] as const) {
      const account = await manager.addAccountExplicitly({ type: TYPE, name })
      if (error === undefined) continue
      authenticator.next('getAuthToken', error)
      await failureOf(manager.getAuthToken(account, 'calendar'))
    }
    expect(await manager.health()).toMatchObject({ accounts: 3, needsAttention: 1, ok: true })
  })

  it('holds no secret', async () => {
    const manager = await openManager()
    await manager.addAccountExplicitly(
      { type: TYPE, name: 'ana' },
      { password: 'canary', userData: { canary: 'canary' } },
    )
    expect(JSON.stringify(await manager.health())).not.toContain('canary')
  })
})

describe('an app that ended in the middle of something', () => {
  it('is told of, until the next renewal clears it away', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const database = new DatabaseSync(join(directory, 'vault.db'))
    const insert = database.prepare('INSERT INTO lease (resource, owner, intent) VALUES (?, ?, ?)')
    insert.run(`account:${id}`, '0123456789abcdef', '{"credential":"x"}')
    insert.run(`sign-in:${TYPE}`, '0123456789abcdef', null)
    database.close()
    const { ok, problems } = await manager.health()
    expect(ok).toBe(true)
    expect(problems.map(({ message }) => message)).toEqual([
      `an app ended while it renewed ana (${TYPE}): whether the service answered is not known`,
      'an app ended while it worked on a sign-in',
    ])
    await manager.getAuthToken(id, 't')
    await manager.addAccount(TYPE)
    expect((await manager.health()).problems).toEqual([])
  })
})

describe('a vault whose index is damaged', () => {
  async function damagedVault(): Promise<string> {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    for (let i = 0; i < 100; i++) await manager.addAccountExplicitly({ type: TYPE, name: `account ${i}` })
    await manager.close()
    const file = join(directory, 'vault.db')
    const database = new DatabaseSync(file, { readOnly: true })
    const page = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_account_2'").get()
    database.close()
    const bytes = readFileSync(file)
    const at = (Number(page?.['rootpage']) - 1) * 4_096
    bytes.writeUInt16BE(bytes.readUInt16BE(at + 3) - 1, at + 3)
    writeFileSync(file, bytes)
    return directory
  }

  it('is not well, although it opens and lists accounts (CR-10)', async () => {
    const health = await (await openManager({ directory: await damagedVault() })).health()
    expect(health).toMatchObject({ ok: false, problems: [{ code: 'ERR_VAULT_CORRUPT' }] })
  })

  it('does not open when somebody was in the middle of something, and is set aside when that is asked for (CR-10)', async () => {
    const directory = await damagedVault()
    const file = join(directory, 'vault.db')
    const database = new DatabaseSync(file)
    database.exec("INSERT INTO lease (resource, owner) VALUES ('refresh:somebody', 'gone')")
    database.close()
    const before = readFileSync(file)
    await expect(openManager({ directory })).rejects.toMatchObject({ code: 'ERR_VAULT_CORRUPT', reason: 'damaged' })
    expect(readFileSync(file).equals(before)).toBe(true)
    const recovered = await openManager({ directory, recover: true })
    expect(await recovered.getAccounts()).toEqual([])
    expect(readdirSync(directory).some((name) => name.startsWith('vault.db.corrupt-'))).toBe(true)
  })
})
