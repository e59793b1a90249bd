import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createFakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { ANA, contentOf, madeVault } from './support/made-vault.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('a vault that is damaged', () => {
  const damages: [string, string | undefined, (file: string) => void][] = [
    ['has no bytes', 'missing', (file) => truncateSync(file, 0)],
    ['is missing', 'missing', (file) => rmSync(file)],
    ['was cut to half', 'damaged', (file) => truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096)],
    ['was cut in the middle of a page', undefined, (file) => truncateSync(file, 5_000)],
    ['was cut to 100 bytes', undefined, (file) => truncateSync(file, 100)],
    ['begins with garbage', 'not_a_vault', (file) => writeOver(file, 0, Buffer.alloc(512, 0x41))],
    ['is text', 'not_a_vault', (file) => writeFileSync(file, '{"accounts":[]}'.repeat(1_000))],
    [
      'is garbage after its first page',
      undefined,
      (file) => writeOver(file, 4_096, Buffer.alloc(statSync(file).size - 4_096, 0x41)),
    ],
  ]

  it.each(damages)('because it %s is ERR_VAULT_CORRUPT, and nothing is touched', async (_what, reason, damage) => {
    const { directory, file } = await madeVault()
    damage(file)
    const before = contentOf(directory)
    const failure = await failureOf(openManager({ directory }))
    expect(failure).toMatchObject({ code: 'ERR_VAULT_CORRUPT', ...(reason && { reason }) })
    expect(failure.message).toMatch(/recover: true/)
    expect(contentOf(directory)).toEqual(before)
  })

  it.each(damages)(
    'because it %s is set aside when that is asked for, and a new one is started',
    async (_what, _reason, damage) => {
      const { directory, file } = await madeVault()
      damage(file)
      const damaged = existsSync(file) ? readFileSync(file).toString('base64') : undefined
      const manager = await openManager({ directory, recover: true })
      expect(await manager.getAccounts()).toEqual([])
      await manager.addAccountExplicitly(ANA, { password: 'new' })
      const health = await manager.health()
      expect(health.problems.map(({ code }) => code)).toContain('ERR_VAULT_CORRUPT')
      await manager.close()
      const aside = readdirSync(directory).filter((name) => name.startsWith('vault.db.corrupt-'))
      expect(aside.map((name) => readFileSync(join(directory, name)).toString('base64'))).toEqual(
        damaged === undefined ? [] : [damaged],
      )
      const again = await openManager({ directory })
      expect(await again.getPassword((await again.getAccounts())[0] ?? '')).toBe('new')
      expect((await again.health()).ok).toBe(true)
    },
  )

  it('again keeps every file that was set aside, also within one millisecond', async () => {
    const { directory, file } = await madeVault()
    const clock = createFakeClock()
    for (const text of ['1', '2', '3']) {
      writeFileSync(file, text)
      await (await openManager({ directory, recover: true, clock })).close()
      if (text === '2') clock.jump(1_000)
    }
    const aside = readdirSync(directory).filter((name) => name.startsWith('vault.db.corrupt-'))
    expect(aside.map((name) => readFileSync(join(directory, name), 'utf8')).sort()).toEqual(['1', '2', '3'])
  })

  it('in one record only loses that record, and says which account it is', async () => {
    const { directory, file } = await madeVault()
    const database = new DatabaseSync(file)
    database.exec("UPDATE sealed SET data = zeroblob(length(data)) WHERE kind = 'credential'")
    database.close()
    const manager = await openManager({ directory })
    const [account] = await manager.getAccounts()
    expect(await failureOf(manager.getPassword(account ?? ''))).toMatchObject({
      code: 'ERR_VAULT_CORRUPT',
      reason: 'damaged',
    })
    expect(await manager.getUserData(account ?? '', 'note')).toHaveLength(20_000)
    await manager.setPassword(account ?? '', 'new')
    expect(await manager.getPassword(account ?? '')).toBe('new')
  })

  it('by moving the secret of one account to another refuses it (H-15)', async () => {
    const { directory, file } = await madeVault()
    const first = await openManager({ directory })
    await first.addAccountExplicitly({ type: TYPE, name: 'ben' }, { password: 'of ben' })
    await first.close()
    const database = new DatabaseSync(file)
    const rows = database.prepare('SELECT account, kind, data FROM sealed').all()
    for (const { account, kind, data } of rows) {
      const other = rows.find((row) => row['kind'] === kind && row['account'] !== account)?.['account'] ?? null
      database
        .prepare('UPDATE sealed SET data = ? WHERE account = ? AND kind = ?')
        .run(data ?? null, other, kind ?? null)
    }
    database.close()
    const manager = await openManager({ directory })
    for (const account of await manager.getAccounts()) {
      expect(await failureOf(manager.getPassword(account))).toMatchObject({ code: 'ERR_VAULT_CORRUPT' })
      expect(await failureOf(manager.getUserData(account, 'note'))).toMatchObject({ code: 'ERR_VAULT_CORRUPT' })
    }
  })

  it('while it is open is a typed error, whatever is asked', async () => {
    const { directory, file } = await madeVault()
    const before = await openManager({ directory })
    const [account] = await before.getAccounts()
    await before.setAuthToken(account ?? '', 'calendar', { value: 'token' })
    await before.close()
    const database = new DatabaseSync(file)
    const page = Number(database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'token'").get()?.['rootpage'])
    database.close()
    writeOver(file, (page - 1) * 4_096, Buffer.alloc(4_096, 0x41))
    const manager = await openManager({ directory })
    expect(await failureOf(manager.peekAuthToken(account ?? '', 'calendar'))).toMatchObject({
      code: 'ERR_VAULT_CORRUPT',
    })
  })
})

describe('a vault whose last process was killed', () => {
  it.each<[string, (file: string) => void]>([
    ['and whose file is cut to one byte', (file) => truncateSync(file, 1)],
    ['and whose log is cut off', (file) => truncateSync(`${file}-wal`, 20_000)],
    ['and whose log was not copied with it', (file) => rmSync(`${file}-wal`)],
  ])('%s is not taken for a new one, and stays as it is', async (_how, damage) => {
    const [directory, copy] = [tempFolder(), tempFolder()]
    const manager = await openManager({ directory })
    await manager.addAccountExplicitly(ANA, { password: 'canary' })
    // Nothing was written back into the file yet, as after a kill: one page, and everything else in the log.
    cpSync(directory, copy, { recursive: true })
    const file = join(copy, 'vault.db')
    expect(statSync(file).size).toBe(4_096)
    damage(file)
    const before = readFileSync(file)
    const failure = await failureOf(openManager({ directory: copy }))
    expect(failure).toMatchObject({ code: 'ERR_VAULT_CORRUPT', reason: 'damaged' })
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})

describe('a folder without a vault', () => {
  it('may hold an empty file that nobody made a vault of yet', async () => {
    const directory = tempFolder()
    writeFileSync(join(directory, 'vault.db'), '')
    const manager = await openManager({ directory })
    expect(await manager.getAccounts()).toEqual([])
  })

  it('that holds an SQLite file of another program is refused, and the file stays whole', async () => {
    const directory = tempFolder()
    const other = new DatabaseSync(join(directory, 'vault.db'))
    other.exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES ('theirs'); PRAGMA user_version = 3")
    other.close()
    expect(await failureOf(openManager({ directory }))).toMatchObject({
      code: 'ERR_VAULT_CORRUPT',
      reason: 'not_a_vault',
    })
    const again = new DatabaseSync(join(directory, 'vault.db'))
    expect(again.prepare('SELECT x FROM theirs').all()).toEqual([{ x: 'theirs' }])
    again.close()
  })

  it('that holds an SQLite file of a program that numbers nothing is refused too', async () => {
    const directory = tempFolder()
    const other = new DatabaseSync(join(directory, 'vault.db'))
    other.exec('CREATE TABLE theirs (x)')
    other.close()
    expect(await failureOf(openManager({ directory }))).toMatchObject({
      code: 'ERR_VAULT_CORRUPT',
      reason: 'not_a_vault',
    })
  })
})

describe('a vault of another version', () => {
  it('is ERR_VAULT_NEWER when its format is newer, and is not touched, also when told to recover', async () => {
    const { directory, file } = await madeVault()
    const database = new DatabaseSync(file)
    database.exec("UPDATE header SET value = '2' WHERE name = 'format'")
    database.close()
    const before = contentOf(directory)
    for (const recover of [false, true]) {
      expect(await failureOf(openManager({ directory, recover }))).toMatchObject({ code: 'ERR_VAULT_NEWER' })
    }
    expect(contentOf(directory)).toEqual(before)
  })

  it('is shared with a newer one that only added to it', async () => {
    const { directory, file } = await madeVault()
    const database = new DatabaseSync(file)
    database.exec(
      'ALTER TABLE account ADD COLUMN colour TEXT; CREATE TABLE more (x TEXT) STRICT; PRAGMA user_version = 9',
    )
    database.close()
    const manager = await openManager({ directory })
    const [account] = await manager.getAccounts()
    expect(await manager.getPassword(account ?? '')).toBe('canary')
    await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    await manager.close()
    const again = new DatabaseSync(file)
    expect(again.prepare('PRAGMA user_version').get()).toEqual({ user_version: 9 })
    again.close()
  })

  it('that a newer process upgrades under a running one is not written any more', async () => {
    const { directory, file } = await madeVault()
    const manager = await openManager({ directory })
    const database = new DatabaseSync(file)
    database.exec("UPDATE header SET value = '2' WHERE name = 'format'")
    database.close()
    expect(await failureOf(manager.addAccountExplicitly({ type: TYPE, name: 'ben' }))).toMatchObject({
      code: 'ERR_VAULT_NEWER',
    })
  })
})

function writeOver(file: string, at: number, bytes: Buffer): void {
  const content = readFileSync(file)
  bytes.copy(content, at)
  writeFileSync(file, content)
}
