import { chmodSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { nodeSqlite } from '../builtin.ts'
import { AccountError, isAccountError } from '../errors.ts'
import { retryWhileBusy } from '../storage/busy.ts'
import { checkOwnFile, FILE_MODE } from '../storage/folder.ts'
import { writeError } from '../storage/storage-error.ts'

/**
 * Runs `task` while no other process makes or repairs the vault of this folder.
 *
 * The lock is SQLite's on a file of its own: the kernel releases it when the process dies.
 */
export async function underInitLock<T>(file: string, waitMs: number, task: () => Promise<T>): Promise<T> {
  await checkOwnFile(file)
  const { DatabaseSync: Connection } = nodeSqlite()
  let lock: DatabaseSync | undefined
  try {
    lock = new Connection(file, { timeout: 0 })
    const held = lock
    chmodSync(file, FILE_MODE)
    await retryWhileBusy(() => held.exec('BEGIN IMMEDIATE'), { what: 'waiting for another process', withinMs: waitMs })
    try {
      return await task()
    } finally {
      held.exec('ROLLBACK')
    }
  } catch (error) {
    if (!isAccountError(error)) throw lockError(file, error)
    if (error.reason !== 'busy') throw error
    throw new AccountError(
      'ERR_LOCK_TIMEOUT',
      `another process has been opening the vault for ${waitMs} ms; try again`,
      {
        retryable: true,
      },
    )
  } finally {
    lock?.close()
  }
}

/** A lock that cannot be taken means that no vault can be made here. */
function lockError(file: string, error: unknown): unknown {
  const known = writeError(file, error)
  if (!isAccountError(known) || known.reason === 'disk_full' || known.code === 'ERR_VAULT_CORRUPT') return known
  return new AccountError('ERR_VAULT_UNAVAILABLE', `no vault can be made beside ${file}: ${known.message}`, {
    reason: known.reason,
    action: 'check-permissions',
  })
}
