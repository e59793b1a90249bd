import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Database } from '../src/storage/database.ts'
import { tempFolder } from './support/temp-folder.ts'

const TABLES =
  'CREATE TABLE note (text TEXT) STRICT; CREATE TABLE owner (id INTEGER PRIMARY KEY) STRICT;' +
  'CREATE TABLE owned (owner INTEGER REFERENCES owner DEFERRABLE INITIALLY DEFERRED) STRICT'

async function openDatabase(): Promise<{ database: Database; whileBusy: <T>(ask: () => T) => T }> {
  const file = join(tempFolder(), 'test.db')
  const database = await Database.open({ file, migrations: [TABLES], applicationId: 7 })
  const other = new DatabaseSync(file, { timeout: 0 })
  onTestFinished(() => {
    other.close()
    database.close()
  })
  // What is asked for while somebody else writes waits together.
  const whileBusy = <T>(ask: () => T): T => {
    other.exec('BEGIN IMMEDIATE')
    const asked = ask()
    other.exec('ROLLBACK')
    return asked
  }
  return { database, whileBusy }
}

const insert = (database: Database, text: string) => database.prepare('INSERT INTO note VALUES (?)').run(text).changes
const notes = (database: Database) =>
  database
    .prepare('SELECT text FROM note ORDER BY rowid')
    .all()
    .map((row) => row['text'])
const ends = async (writes: Promise<unknown>[]) => (await Promise.allSettled(writes)).map(({ status }) => status)

describe('writes that wait together', () => {
  it('leave one to itself that asks for it: neither fails with the other, and the order stays', async () => {
    const { database, whileBusy } = await openDatabase()
    const seen: unknown[] = []
    const writes = whileBusy(() => [
      database.write(() => insert(database, 'before')),
      database.write(() => insert(database, 'alone'), { alone: true }),
      database.write(() => {
        seen.push(...notes(database))
        insert(database, 'after')
        // Found wrong only by the commit.
        database.prepare('INSERT INTO owned VALUES (7)').run()
      }),
    ])
    expect(await ends(writes)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(seen).toEqual(['before', 'alone'])
    expect(notes(database)).toEqual(['before', 'alone'])
  })

  it('are not told that they are written when the transaction was given up without a word', async () => {
    const { database, whileBusy } = await openDatabase()
    const writes = whileBusy(() => [
      database.write(() => insert(database, 'innocent')),
      database.write(() => {
        insert(database, 'gone')
        database.exec('ROLLBACK')
        database.exec('BEGIN')
        database.exec('SAVEPOINT part')
        database.exec('COMMIT')
      }),
    ])
    expect(await ends(writes)).toEqual(['rejected', 'rejected'])
    await expect(database.write(() => database.exec('ROLLBACK'))).rejects.toMatchObject({ code: 'ERR_STORAGE_WRITE' })
    expect(notes(database)).toEqual([])
    await database.write(() => insert(database, 'later'))
    expect(notes(database)).toEqual(['later'])
  })

  it('fail alone also when one is asked for inside another', async () => {
    const { database } = await openDatabase()
    const inner: Promise<unknown>[] = []
    const outer = database.write(() => {
      insert(database, 'outer')
      inner.push(
        database.write(() => {
          insert(database, 'half')
          throw new Error('the other half')
        }),
      )
    })
    await outer
    expect(await ends(inner)).toEqual(['rejected'])
    expect(notes(database)).toEqual(['outer'])
  })
})
