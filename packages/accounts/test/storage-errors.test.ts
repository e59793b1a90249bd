import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createFakeAuthenticator, createFakeClock } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failureOf } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const ANA = { type: TYPE, name: 'ana' }

/** Another program's connection to the vault of a folder. */
function connectTo(directory: string): DatabaseSync {
  const database = new DatabaseSync(join(directory, 'vault.db'), { timeout: 0 })
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

describe('a vault whose file was deleted or replaced while it is open', () => {
  it.each<[string, string, (file: string) => void]>([
    ['deleted', 'nothing', (file) => rmSync(file)],
    [
      'replaced',
      'another one',
      (file) => {
        renameSync(file, `${file}.old`)
        writeFileSync(file, 'another one')
      },
    ],
  ])('and was %s is written no more, and health and an event say so', async (_what, left, change) => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ directory, clock, authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA)
    const warnings: unknown[] = []
    manager.on('vault:warning', ({ problem }) => warnings.push(problem?.code))
    change(join(directory, 'vault.db'))
    // Nobody is asked for what could not be saved.
    expect(await failureOf(manager.getAuthToken(account, 't'))).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(authenticator.callsOf('getAuthToken')).toEqual([])
    for (const keys of [manager.rotateKey(), manager.removeKeyProvider('x'), manager.addKeyProvider(fixedKey())]) {
      expect(await failureOf(keys)).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    }
    expect(await failureOf(manager.setPassword(account, 'p'))).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(await manager.health()).toMatchObject({ ok: false, problems: [{ code: 'ERR_VAULT_UNAVAILABLE' }] })
    await clock.advance(2_000)
    await clock.advance(2_000)
    expect(warnings).toEqual(['ERR_VAULT_UNAVAILABLE'])
    await manager.close()
    const file = join(directory, 'vault.db')
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nothing').toBe(left)
  })
})

describe('a vault whose folder leads nowhere any more', () => {
  it.each<[string, (folder: string) => void]>([
    ['a plain file', (folder) => writeFileSync(folder, '')],
    ['a link to itself', (folder) => symlinkSync(folder, folder)],
  ])('because %s is in its place is written no more, and ends no process', async (_what, place) => {
    const directory = join(tempFolder(), 'vault')
    const clock = createFakeClock()
    const manager = await openManager({ directory, clock })
    const account = await manager.addAccountExplicitly(ANA)
    renameSync(directory, `${directory}.away`)
    place(directory)
    expect(await failureOf(manager.setPassword(account, 'p'))).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(await manager.health()).toMatchObject({ ok: false, problems: [{ code: 'ERR_VAULT_UNAVAILABLE' }] })
    await clock.advance(2_000)
    await manager.close()
  })
})

describe('something else in the place of a file of the vault', () => {
  it.each<[string, (path: string) => void]>([
    ['a plain file', (path) => writeFileSync(path, '')],
    ['a dangling link', (path) => symlinkSync('/nowhere', path)],
  ])('that is %s is an error of ours', async (_what, place) => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA, { password: 'p' })
    place(join(directory, 'alive'))
    expect(await failureOf(manager.getAuthToken(account, 't'))).toMatchObject({
      name: 'AccountError',
      code: 'ERR_VAULT_UNAVAILABLE',
    })
  })
})

describe('a link or a folder in the place of a file of SQLite', () => {
  const names = ['vault.db', 'vault.db-wal', 'vault.db-shm', 'vault.db-journal']
  it.each(names)('(%s) is named, and nothing is opened through it', async (name) => {
    const made = async (place: (path: string) => void) => {
      const directory = tempFolder()
      await (await openManager({ directory })).close()
      rmSync(join(directory, name), { force: true })
      place(join(directory, name))
      return await failureOf(openManager({ directory }))
    }
    const told = { code: 'ERR_VAULT_UNAVAILABLE', message: expect.stringContaining(name) }
    for (const target of ['/nowhere', '/etc/hostname']) {
      expect(await made((path) => symlinkSync(target, path))).toMatchObject({ ...told, reason: 'symlink' })
    }
    expect(await made((path) => mkdirSync(path))).toMatchObject({ ...told, reason: 'io' })
  })
})

describe('a table that is gone', () => {
  it.each([
    'visibility',
    'token_grant',
    'default_account',
    'sealed',
    'token',
    'change',
    'lease',
    'header',
    'account',
    'revocation',
    'used_session',
    'authenticator_record',
    'token_label',
    'key_slot',
  ])('(%s) is told in our words, whatever is asked for', async (table) => {
    const directory = tempFolder()
    const manager = await openManager({
      directory,
      authenticators: [createFakeAuthenticator({ canStartSessions: true })],
    })
    const { id } = await manager.addAccountExplicitly(ANA, { password: 'p' })
    const other = connectTo(directory)
    other.exec(`PRAGMA foreign_keys = OFF; DROP TABLE ${table}`)
    const calls: (() => Promise<unknown>)[] = [
      () => manager.getAuthToken(id, 't'),
      () => manager.peekAuthToken(id, 't'),
      () => manager.setAuthToken(id, 't', { value: 'v' }),
      () => manager.invalidateAuthToken(TYPE, 'v'),
      () => manager.getPassword(id),
      () => manager.setPassword(id, 'q'),
      () => manager.getUserData(id, 'k'),
      () => manager.setUserData(id, 'k', 'v'),
      () => manager.renameAccount(id, 'ben'),
      () => manager.setAccountVisibility(id, 'p', 'visible'),
      () => manager.getAccountVisibility(id, 'p'),
      () => manager.grantAuthToken(id, 't', 'p'),
      () => manager.getAuthTokenGrants(id),
      () => manager.getDefaultAccount(TYPE),
      () => manager.setDefaultAccount(TYPE, id),
      () => manager.addAccount(TYPE),
      async () => await manager.finishSession((await manager.startAddAccountSession(TYPE)).session),
      () => manager.getKeyProviders(),
      () => manager.rotateKey(),
      () => manager.health(),
      () => manager.getAuthenticatorConfigurations(),
      () => manager.export({ key: new Uint8Array(32) }),
      () => manager.removeAccount(id),
      () => manager.getAuthTokenLabel('com.example.other', 't'),
      () => manager.flush(),
    ]
    const failures = await Promise.all(
      calls.map((call) =>
        call().then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    )
    const raw = failures.filter((error) => error !== undefined && (error as Error).name !== 'AccountError')
    expect(raw).toEqual([])
    expect(failures.map((error) => (error as { code?: string } | undefined)?.code)).toContain('ERR_VAULT_CORRUPT')
  })
})
