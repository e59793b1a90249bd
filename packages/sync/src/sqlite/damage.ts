import { existsSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAccountError } from '@accountry/accounts'
import { Database } from '@accountry/accounts/foundation'

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
/** A larger database is not read through at each start; damage in it shows when it is read. */
const CHECKED_BYTES = 8_388_608

/** Whether an error says that a database file is damaged, or is something else. */
export function isDamage(error: unknown): boolean {
  if (isAccountError(error)) return error.code === 'ERR_VAULT_CORRUPT'
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 255)
}

/** @throws when the database, if it is not large, is damaged anywhere. */
export function checkTables(database: Database): void {
  if (statSync(database.file).size > CHECKED_BYTES) return
  const result = database.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined
  if (result?.quick_check === 'ok') return
  throw Object.assign(new Error('quick_check found damage'), { errcode: SQLITE_CORRUPT })
}

/**
 * Renames a damaged database. Of several processes that find it damaged, the first renames it; the others find a sound
 * one when their turn comes.
 *
 * @returns The new name, or nothing when another process was first.
 */
export async function setAside(
  directory: string,
  file: string,
  open: () => Promise<Database>,
): Promise<string | undefined> {
  const turn = await Database.open({
    file: join(directory, 'sync-repair.db'),
    migrations: ['CREATE TABLE repairs (kept_as TEXT NOT NULL) STRICT'],
    applicationId: 0x41635372,
  })
  const repairs = (): number => turn.prepare('SELECT kept_as FROM repairs').all().length
  try {
    const before = repairs()
    const sound = await open().catch(() => undefined)
    if (sound !== undefined) {
      sound.close()
      return undefined
    }
    return await turn.write(() => {
      const keptAs = `${file}.damaged-${Date.now()}`
      if (repairs() !== before || !existsSync(file)) return undefined
      renameSync(file, keptAs)
      for (const suffix of ['-wal', '-shm']) if (existsSync(file + suffix)) renameSync(file + suffix, keptAs + suffix)
      turn.prepare('INSERT INTO repairs VALUES (?)').run(keptAs)
      return keptAs
    })
  } finally {
    turn.close()
  }
}
