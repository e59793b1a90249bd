import { existsSync, renameSync, statSync } from 'node:fs'
import { nodeSqlite } from '../builtin.ts'
import { AccountError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import { isStructureWhole } from '../storage/structure.ts'
import type { VaultFiles } from './vault-files.ts'

/** The first page: no vault file is smaller, whatever still lies in its log. */
const FIRST_PAGE_BYTES = 4_096

/**
 * Refuses to start anew where a vault was.
 *
 * SQLite takes an absent, empty or tiny file, or one whose log is gone, for an empty database; the marker tells such a
 * loss from a first start. Nothing is opened for writing before this has passed, because closing would drop the log.
 *
 * @throws AccountError `ERR_VAULT_CORRUPT` (`missing`, `damaged`).
 */
export function checkNotLost(files: VaultFiles): void {
  if (!existsSync(files.marker)) return
  const stats = statSync(files.database, { throwIfNoEntry: false })
  if (stats === undefined || stats.size === 0) throw lost(files, stats === undefined ? 'missing' : 'empty', 'missing')
  if (stats.size < FIRST_PAGE_BYTES) throw lost(files, `only ${stats.size} bytes long`, 'damaged')
  // Everything was still in the log when the last process died; a copy without it has nothing.
  if (stats.size === FIRST_PAGE_BYTES && isWithoutTables(files.database))
    throw lost(files, 'without its log', 'damaged')
}

function isWithoutTables(file: string): boolean {
  const { DatabaseSync } = nodeSqlite()
  const connection = new DatabaseSync(file, { readOnly: true, timeout: 1_000 })
  try {
    const { tables } = connection.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number }
    return tables === 0
  } finally {
    connection.close()
  }
}

function lost(files: VaultFiles, how: string, reason: 'missing' | 'damaged'): AccountError {
  return new AccountError(
    'ERR_VAULT_CORRUPT',
    `the vault file ${files.database} is ${how}, although a vault was made here; nothing was changed. ` +
      'Restore it from a backup, or open with `recover: true` to start anew',
    { reason },
  )
}

/** Finds a file that was cut off, which SQLite would notice only at the first page that is gone. */
export function checkNotTruncated(database: Database): void {
  const wal = statSync(`${database.file}-wal`, { throwIfNoEntry: false })
  if (wal !== undefined && wal.size > 0) return
  const pages = (database.prepare('PRAGMA page_count').get() as { page_count: number }).page_count
  const pageSize = (database.prepare('PRAGMA page_size').get() as { page_size: number }).page_size
  const size = statSync(database.file).size
  // Another process may have begun to write, and its pages are in the log.
  const log = statSync(`${database.file}-wal`, { throwIfNoEntry: false })
  if (size >= pages * pageSize || (log !== undefined && log.size > 0)) return
  throw new AccountError(
    'ERR_VAULT_CORRUPT',
    `${database.file} has ${size} bytes of ${pages * pageSize}: it was cut off. Nothing was changed; ` +
      'restore it from a backup, or open with `recover: true` to set it aside',
    { reason: 'damaged' },
  )
}

/**
 * Looks through the structure when somebody is in the middle of something, or died there: a damaged index would list
 * fewer accounts without any error.
 *
 * @throws AccountError `ERR_VAULT_CORRUPT` (`damaged`).
 */
export function checkWholeIfInterrupted(database: Database): void {
  if (database.prepare('SELECT 1 FROM lease LIMIT 1').get() === undefined || isStructureWhole(database)) return
  throw new AccountError(
    'ERR_VAULT_CORRUPT',
    `${database.file} is damaged: some accounts or tokens would be missing from what it shows. Nothing was changed; ` +
      'restore it from a backup, or open with `recover: true` to set it aside',
    { reason: 'damaged' },
  )
}

/** Moves the vault's files to `….corrupt-<time>`; nothing is deleted, nor anything that was set aside before. */
export function setAside(files: VaultFiles, now: number): string {
  const own = [files.database, `${files.database}-wal`, `${files.database}-shm`, files.marker]
  const suffix = freeSuffix(own, `.corrupt-${new Date(now).toISOString().replaceAll(':', '-')}`)
  for (const file of own) if (existsSync(file)) renameSync(file, file + suffix)
  return files.database + suffix
}

/** Two vaults may be set aside within one millisecond, and a clock may go back. */
function freeSuffix(files: readonly string[], wanted: string): string {
  const isTaken = (suffix: string): boolean => files.some((file) => existsSync(file + suffix))
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? wanted : `${wanted}-${number}`
    if (!isTaken(suffix)) return suffix
  }
}
