import { isAccountError } from '../errors.ts'
import type { Database } from './database.ts'
import { fileSize } from './file-identity.ts'

/** Looking through a larger file would hold up everything else for too long. */
const MOST_CHECKED_BYTES = 16 * 1_024 * 1_024

/** Whether tables and indexes fit together; files above 16 MB are not looked through and count as whole. */
export function isStructureWhole(database: Database): boolean {
  const size = fileSize(database.file)
  if (size === undefined || size > MOST_CHECKED_BYTES) return true
  try {
    return database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] === 'ok'
  } catch (error) {
    if (isAccountError(error) && error.code === 'ERR_VAULT_CORRUPT') return false
    throw error
  }
}
