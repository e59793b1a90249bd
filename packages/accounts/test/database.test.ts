import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Database } from '../src/storage/database.ts'
import { failureOf } from './support/failures.ts'
import { settle } from './support/settle.ts'
import { tempFolder } from './support/temp-folder.ts'

const TABLE = 'CREATE TABLE note (text TEXT) STRICT'

async function open(
  folder = tempFolder(),
  options: { writeMs?: number; migrations?: string[] } = {},
): Promise<Database> {
  const file = join(folder, 'test.db')
  const database = await Database.open({ file, migrations: [TABLE], applicationId: 7, ...options })
  onTestFinished(() => database.close())
  return database
}

/** Another program that holds the write lock of the file. */
function busyWriter(folder: string): DatabaseSync {
  const other = new DatabaseSync(join(folder, 'test.db'), { timeout: 0 })
  other.exec('BEGIN IMMEDIATE')
  onTestFinished(() => {
    if (other.isOpen) other.close()
  })
  return other
}

const note = (database: Database, text: string) =>
  database.write(() => database.prepare('INSERT INTO note VALUES (?)').run(text))
const notes = (database: Database) =>
  database
    .prepare('SELECT text FROM note')
    .all()
    .map((row) => row['text'])

describe('Database', () => {
  it('is set up so that a commit is durable and foreign schemas are not trusted', async () => {
    const database = await open()
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys'), pragma('secure_delete')]).toEqual([
      'wal',
      2,
      1,
      1,
    ])
    expect([pragma('trusted_schema'), pragma('busy_timeout')]).toEqual([0, 0])
  })

  it('rolls everything back when the task throws', async () => {
    const database = await open()
    const failed = database.write(() => {
      database.prepare('INSERT INTO note VALUES (?)').run('half')
      throw new Error('the other half')
    })
    await expect(failed).rejects.toThrow('the other half')
    expect(notes(database)).toEqual([])
    await note(database, 'whole')
    expect(notes(database)).toEqual(['whole'])
  })

  it('waits for another writer without blocking the event loop', async () => {
    const folder = tempFolder()
    const database = await open(folder)
    const other = busyWriter(folder)
    let turns = 0
    const writing = note(database, 'mine').then(() => turns)
    for (; turns < 20; turns++) await settle()
    other.exec('COMMIT')
    expect(await writing).toBeGreaterThanOrEqual(20)
    expect(notes(database)).toEqual(['mine'])
  })

  it('gives up at the time limit, retryably, and nothing is written', async () => {
    const folder = tempFolder()
    const database = await open(folder, { writeMs: 20 })
    const other = busyWriter(folder)
    await expect(note(database, 'mine')).rejects.toMatchObject({
      code: 'ERR_STORAGE_WRITE',
      reason: 'busy',
      retryable: true,
    })
    other.exec('COMMIT')
    expect(notes(database)).toEqual([])
  })

  it('gives up when the caller aborts', async () => {
    const folder = tempFolder()
    const database = await open(folder)
    busyWriter(folder)
    const controller = new AbortController()
    const writing = database.write(() => undefined, { signal: controller.signal })
    await settle()
    controller.abort()
    await expect(writing).rejects.toMatchObject({ code: 'ERR_ABORTED', reason: 'caller' })
  })

  it('runs writes of one process one after the other, none lost', async () => {
    const folder = tempFolder()
    const [one, other] = [await open(folder), await open(folder)]
    await Promise.all(Array.from({ length: 60 }, (_, n) => note(n % 2 === 0 ? one : other, String(n))))
    expect(new Set(notes(one)).size).toBe(60)
  })

  it('writes what waits together in one commit, in order, and lets only the one fail that throws', async () => {
    const folder = tempFolder()
    const database = await open(folder)
    const other = busyWriter(folder)
    const write = (text: string, error?: Error) =>
      database.write(() => {
        database.prepare('INSERT INTO note VALUES (?)').run(text)
        if (error !== undefined) throw error
        return text
      })
    const aborted = new AbortController()
    const writes = Promise.allSettled([
      write('first'),
      write('half', new Error('the other half')),
      database.write(() => database.prepare('INSERT INTO note VALUES (?)').run('given up'), { signal: aborted.signal }),
      write('last'),
    ])
    aborted.abort()
    const seen = new DatabaseSync(join(folder, 'test.db'), { readOnly: true })
    onTestFinished(() => seen.close())
    const version = () => seen.prepare('PRAGMA data_version').get()?.['data_version'] as number
    const before = version()
    other.exec('ROLLBACK')
    expect(await writes).toMatchObject([
      { status: 'fulfilled', value: 'first' },
      { status: 'rejected', reason: { message: 'the other half' } },
      { status: 'rejected', reason: { code: 'ERR_ABORTED' } },
      { status: 'fulfilled', value: 'last' },
    ])
    expect(notes(database)).toEqual(['first', 'last'])
    expect(version()).toBe(before + 1)
  })

  it('fails all that waited together when the commit does, and writes nothing of them', async () => {
    const folder = tempFolder()
    const database = await open(folder, {
      migrations: [
        'CREATE TABLE note (text TEXT) STRICT; CREATE TABLE owner (id INTEGER PRIMARY KEY) STRICT;' +
          'CREATE TABLE owned (owner INTEGER REFERENCES owner DEFERRABLE INITIALLY DEFERRED) STRICT',
      ],
    })
    const other = busyWriter(folder)
    const writes = Promise.allSettled([
      note(database, 'innocent'),
      // What a deferred check finds wrong is found at the commit.
      database.write(() => database.prepare('INSERT INTO owned VALUES (7)').run()),
    ])
    other.exec('ROLLBACK')
    expect((await writes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(notes(database)).toEqual([])
    await note(database, 'later')
    expect(notes(database)).toEqual(['later'])
  })

  it('notices that somebody else committed, and does not take its own commits for theirs', async () => {
    const folder = tempFolder()
    const [one, other] = [await open(folder), await open(folder)]
    const before = one.dataVersion()
    await note(one, 'own')
    expect(one.dataVersion()).toBe(before)
    await note(other, 'theirs')
    expect(one.dataVersion()).not.toBe(before)
  })

  it('reads one state, also while somebody writes', async () => {
    const folder = tempFolder()
    const [one, other] = [await open(folder), await open(folder)]
    await note(one, 'first')
    const seen = await one.read(() => {
      const before = notes(one).length
      other.exec("INSERT INTO note VALUES ('second')")
      return [before, notes(one).length]
    })
    expect(seen).toEqual([1, 1])
    expect(notes(one)).toHaveLength(2)
  })
})

describe('opening a database', () => {
  it('brings an older schema up to date and keeps what is in it', async () => {
    const folder = tempFolder()
    await note(await open(folder), 'kept')
    const database = await open(folder, { migrations: [TABLE, 'ALTER TABLE note ADD COLUMN more TEXT'] })
    expect(database.prepare('SELECT * FROM note').get()).toEqual({ text: 'kept', more: null })
  })

  it('shares a file whose schema is newer within the same major version', async () => {
    const folder = tempFolder()
    const newer = await open(folder, { migrations: [TABLE, 'ALTER TABLE note ADD COLUMN more TEXT'] })
    const older = await open(folder)
    await note(older, 'from the older').catch(() =>
      older.write(() => older.exec("INSERT INTO note (text) VALUES ('x')")),
    )
    expect(newer.prepare('SELECT count(*) AS n FROM note').get()).toEqual({ n: 1 })
    expect(newer.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
  })

  it('rolls a migration that fails back, and leaves the file as it was', async () => {
    const folder = tempFolder()
    await note(await open(folder), 'kept')
    await failureOf(open(folder, { migrations: [TABLE, 'CREATE TABLE extra (x) STRICT; nonsense'] }))
    expect(notes(await open(folder))).toEqual(['kept'])
  })

  it('by two at once migrates once', async () => {
    const folder = tempFolder()
    const databases = await Promise.all([open(folder), open(folder), open(folder)])
    await Promise.all(databases.map((database, n) => note(database, String(n))))
    expect(notes(databases[0] as Database)).toHaveLength(3)
  })

  it('refuses a file of another program, and does not touch it', async () => {
    const folder = tempFolder()
    const other = new DatabaseSync(join(folder, 'test.db'))
    other.exec('PRAGMA application_id = 99; CREATE TABLE theirs (x)')
    other.close()
    await expect(open(folder)).rejects.toMatchObject({ code: 'ERR_VAULT_CORRUPT', reason: 'not_a_vault' })
    const again = new DatabaseSync(join(folder, 'test.db'))
    expect(again.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([{ name: 'theirs' }])
    again.close()
  })

  it('does not change a single byte of a file of another program', async () => {
    const folder = tempFolder()
    const file = join(folder, 'test.db')
    const other = new DatabaseSync(file)
    other.exec('PRAGMA application_id = 99; CREATE TABLE theirs (x)')
    other.close()
    const before = readFileSync(file)
    await failureOf(open(folder))
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('waits for a program that holds it exclusively', async () => {
    const folder = tempFolder()
    const first = await open(folder)
    first.close()
    const other = new DatabaseSync(join(folder, 'test.db'), { timeout: 0 })
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    const opening = open(folder)
    for (let turn = 0; turn < 5; turn++) await settle()
    other.close()
    expect((await opening).isOpen).toBe(true)
  })

  it('takes its files away from group and others', async () => {
    const folder = tempFolder()
    await note(await open(folder), 'x')
    for (const name of ['test.db', 'test.db-wal', 'test.db-shm']) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    }
  })
})
