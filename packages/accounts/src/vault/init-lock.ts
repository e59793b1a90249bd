import { chmodSync } from 'node:fs'
import { nodeSqlite } from '../builtin.ts'
import { AccountError, isAccountError } from '../errors.ts'
import { retryWhileBusy } from '../storage/busy.ts'
import { checkOwnFile, FILE_MODE } from '../storage/folder.ts'

/**
 * Runs `task` while no other process makes or repairs the vault of this folder.
 *
 * The lock is SQLite's on a file of its own: the kernel releases it when the process dies.
 */
export async function underInitLock<T>(file: string, waitMs: number, task: () => Promise<T>): Promise<T> {
  await checkOwnFile(file)
  const { DatabaseSync } = nodeSqlite()
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    chmodSync(file, FILE_MODE)
    await retryWhileBusy(() => lock.exec('BEGIN IMMEDIATE'), { what: 'waiting for another process', withinMs: waitMs })
    try {
      return await task()
    } finally {
      lock.exec('ROLLBACK')
    }
  } catch (error) {
    if (!isAccountError(error) || error.reason !== 'busy') throw error
    throw new AccountError(
      'ERR_LOCK_TIMEOUT',
      `another process has been opening the vault for ${waitMs} ms; try again`,
      {
        retryable: true,
      },
    )
  } finally {
    lock.close()
  }
}
