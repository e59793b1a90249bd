import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AccountManager } from '@accountry/accounts'
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

describe('changes of one process', () => {
  it('happen in the order in which they were asked for, also while another process writes', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA)
    const other = connectTo(directory)
    const names: string[] = []
    manager.on('account:renamed', (event) => names.push(event.account.name))
    for (let round = 0; round < 10; round++) {
      other.exec('BEGIN IMMEDIATE')
      const changes = ['1', '2', '3', '4'].map((name) => manager.renameAccount(account, `${round}-${name}`))
      const passwords = ['a', 'b', 'c'].map((password) => manager.setPassword(account, password))
      await new Promise((resolve) => setTimeout(resolve, 15))
      other.exec('ROLLBACK')
      await Promise.all([...changes, ...passwords])
      expect(names.splice(0)).toEqual(['1', '2', '3', '4'].map((name) => `${round}-${name}`))
      expect(await manager.getPassword(account)).toBe('c')
    }
  })

  it('are waited for by flush', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA)
    const other = connectTo(directory)
    other.exec('BEGIN IMMEDIATE')
    const done: string[] = []
    const change = manager.setUserData(account, 'k', 'v').then(() => done.push('change'))
    const flushed = manager.flush().then(() => done.push('flush'))
    other.exec('ROLLBACK')
    await Promise.all([change, flushed])
    expect(done).toEqual(['change', 'flush'])
  })

  it('that meet a removed account are ERR_ACCOUNT_NOT_FOUND', async () => {
    const manager = await openManager()
    const changes: ((id: string) => Promise<unknown>)[] = [
      (id) => manager.setAccountVisibility(id, 'p', 'visible'),
      (id) => manager.grantAuthToken(id, 't', 'p'),
      (id) => manager.setDefaultAccount(TYPE, id),
      (id) => manager.setAuthToken(id, 't', { value: 'v' }),
      (id) => manager.setUserData(id, 'k', 'v'),
    ]
    for (const change of changes) {
      const { id } = await manager.addAccountExplicitly(ANA)
      const removal = manager.removeAccountExplicitly(id)
      expect(await failureOf(change(id))).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
      expect(await removal).toBe(true)
    }
  })
})

describe('a page after an account that was removed', () => {
  it('is an error, because an empty one would look like the end', async () => {
    const manager = await openManager()
    for (const name of ['a', 'b', 'c', 'd']) await manager.addAccountExplicitly({ type: TYPE, name })
    const last = (await manager.getAccountInfos({ limit: 2 })).at(-1)?.account
    await manager.removeAccountExplicitly(last ?? '')
    expect(await failureOf(manager.getAccountInfos({ after: last?.id ?? '' }))).toMatchObject({
      code: 'ERR_ACCOUNT_NOT_FOUND',
    })
  })
})

describe('tokens of one account', () => {
  it('that have expired leave the vault when another one comes, and there are at most 1 000', async () => {
    const clock = createFakeClock()
    const directory = tempFolder()
    const manager = await openManager({ directory, clock })
    const account = await manager.addAccountExplicitly(ANA)
    const other = connectTo(directory)
    const count = () => other.prepare('SELECT count(*) AS n FROM token').get()?.['n']
    for (let i = 0; i < 5; i++)
      await manager.setAuthToken(account, `t${i}`, { value: 'v', expiresAt: clock.now() + 10 })
    await clock.advance(10)
    await manager.setAuthToken(account, 'next', { value: 'v' })
    expect(count()).toBe(1)
    other.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
      INSERT INTO token (account, key, fingerprint, data) SELECT '${account.id}', 'k' || i, 'f', x'00' FROM n`)
    await manager.setAuthToken(account, 'last', { value: 'v' })
    expect(count()).toBe(1_000)
    expect((await manager.peekAuthToken(account, 'last'))?.value).toBe('v')
    expect(await manager.peekAuthToken(account, 'next')).toBeUndefined()
  })
})

describe('a vault that is locked while a renewal is on its way', () => {
  it('saves it, gives the token to who waited for it, and keeps none of it in memory', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.hold('getAuthToken')
    const flight = manager.getAuthToken(account, 't')
    await authenticator.whenCalled('getAuthToken')
    manager.lock()
    authenticator.release()
    const { value } = await flight
    expect(await failureOf(manager.getAuthToken(account, 't'))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    await manager.unlock()
    expect((await manager.peekAuthToken(account, 't'))?.value).toBe(value)
  })

  it('announces once that it was unlocked, however many unlock it', async () => {
    const manager = await openManager()
    let unlocked = 0
    manager.on('vault:unlocked', () => unlocked++)
    manager.lock()
    expect(await Promise.all([1, 2, 3, 4, 5].map(() => manager.unlock()))).toEqual(new Array(5).fill(true))
    expect(unlocked).toBe(1)
  })
})

describe('a process whose key was rotated away twice', () => {
  it('hears that the vault is locked, and that it is open again when its providers know the new key', async () => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const manager = await openManager({ directory, clock })
    const account = await manager.addAccountExplicitly(ANA, { password: 'p' })
    const heard: string[] = []
    const again = Promise.withResolvers<void>()
    manager.on('vault:locked', ({ problem }) => heard.push(`locked ${problem?.code}`))
    manager.on('vault:unlocked', () => {
      heard.push('unlocked')
      again.resolve()
    })
    await rotatedTwice(directory)
    expect(await failureOf(manager.getPassword(account))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    await again.promise
    expect(heard).toEqual(['locked ERR_VAULT_LOCKED', 'unlocked'])
    expect(await manager.getPassword(account)).toBe('p')
  })

  it('is not told by unlock that it is open when it is not', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA, { password: 'p' })
    await rotatedTwice(directory)
    expect(await manager.unlock()).toBe(true)
    expect(await manager.getPassword(account)).toBe('p')
  })
})

/** By another process, and the links from the first key are gone, as after ten minutes. */
async function rotatedTwice(directory: string): Promise<void> {
  const other = await AccountManager.open({ app: { id: 'com.example.other' }, directory, keyProvider: fixedKey() })
  await other.rotateKey()
  await other.rotateKey()
  await other.close()
  const database = new DatabaseSync(join(directory, 'vault.db'))
  database.exec('DELETE FROM key_link')
  database.close()
}

describe('a process that was away for more changes than are kept', () => {
  it('hears what accounts still show of them, and that it has to read again', async () => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const manager = await openManager({ directory, clock })
    for (const name of ['gone', 'old', 'same', 'sick']) await manager.addAccountExplicitly({ type: TYPE, name })
    const heard: string[] = []
    for (const event of ['account:removed', 'account:added', 'account:renamed', 'account:updated'] as const) {
      manager.on(event, ({ account, reason, source }) => heard.push(`${event} ${account.name} ${reason} ${source}`))
    }
    manager.on('vault:resync', ({ revision }) => heard.push(`resync ${revision > 0}`))
    const other = connectTo(directory)
    other.exec(`
      BEGIN IMMEDIATE;
      UPDATE account SET name = 'new' WHERE name = 'old';
      UPDATE account SET state = 'needs-reauth', credential_revision = 9 WHERE name = 'sick';
      DELETE FROM account WHERE name = 'gone';
      INSERT INTO account (id, type, name, creator, position, created_at) VALUES ('x', '${TYPE}', 'fresh', 'a', 99, 0);
      DELETE FROM change;
      INSERT INTO change (revision, at, event, account, type, name, origin) VALUES (20000, 0, 'account:state', 'x', 't', 'n', 'o');
      COMMIT;`)
    await manager.flush()
    expect(heard).toEqual([
      'account:removed gone resync other-process',
      'account:renamed new resync other-process',
      'account:updated sick resync other-process',
      'account:added fresh resync other-process',
      'resync true',
    ])
  })

  it('hears what a listener changes meanwhile afterwards, and misses none of it', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory, clock: createFakeClock() })
    for (const name of ['one', 'two']) await manager.addAccountExplicitly({ type: TYPE, name })
    const heard: string[] = []
    const written = Promise.withResolvers<unknown>()
    manager.once('account:removed', () => written.resolve(manager.addAccountExplicitly({ type: TYPE, name: 'new' })))
    manager.on('account:removed', ({ account }) => heard.push(`removed ${account.name}`))
    manager.on('account:added', ({ account }) => heard.push(`added ${account.name}`))
    manager.on('vault:resync', () => heard.push('resync'))
    connectTo(directory).exec(`BEGIN IMMEDIATE; DELETE FROM account; DELETE FROM change;
      UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'change'; COMMIT;`)
    await manager.getAccounts()
    await written.promise
    expect(heard).toEqual(['removed one', 'removed two', 'resync', 'added new'])
  })

  it('hears it also when only changes in the middle are gone, as after a clock that jumped', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory, clock: createFakeClock() })
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'gone' })
    const heard: string[] = []
    manager.on('account:removed', ({ account }) => heard.push(`removed ${account.name}`))
    manager.on('vault:resync', () => heard.push('resync'))
    const change = `INSERT INTO change (at, event, account, type, name, origin)
      VALUES (0, 'account:removed', '${id}', '${TYPE}', 'gone', 'o');`
    connectTo(directory).exec(`BEGIN IMMEDIATE; DELETE FROM account; ${change.repeat(3)}
      DELETE FROM change WHERE revision = (SELECT max(revision) - 1 FROM change); COMMIT;`)
    expect(await manager.getAccounts()).toEqual([])
    expect(heard).toEqual(['removed gone', 'resync'])
  })
})
