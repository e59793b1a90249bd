import { AccountError } from '../errors.ts'
import { sqliteCode } from './busy.ts'

const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

/** What SQLite's refusal means to the caller; an AccountError passes through. */
export function storageError(file: string, error: unknown): unknown {
  const code = sqliteCode(error)
  const cause = { name: 'SqliteError', code: `SQLITE_${code}` }
  switch (code) {
    case SQLITE_FULL:
      return failedWrite(file, 'disk_full', 'the disk is full; free some space', cause)
    case SQLITE_READONLY:
      return failedWrite(file, 'read_only', 'it is read-only; check the permissions of the file and its folder', cause)
    case SQLITE_IOERR:
      return failedWrite(file, 'io', 'the disk reported an error; check it', cause)
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new AccountError(
        'ERR_VAULT_CORRUPT',
        `${file} is damaged; nothing was changed. Restore it from a backup, or open with \`recover: true\` to set it aside`,
        { reason: code === SQLITE_NOTADB ? 'not_a_vault' : 'damaged', cause },
      )
    case SQLITE_CANTOPEN:
      return new AccountError(
        'ERR_VAULT_UNAVAILABLE',
        `cannot open ${file}; check that its folder exists and is yours`,
        {
          reason: 'permissions',
          action: 'check-permissions',
          cause,
        },
      )
    default:
      return error
  }
}

/** A file or folder of ours that could not be written: the same errors as those of the database. */
export function writeError(path: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code
  const cause = { name: 'SystemError', code }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return failedWrite(path, 'disk_full', 'the disk is full; free some space', cause)
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return failedWrite(path, 'read_only', 'it is read-only; check the permissions of the file and its folder', cause)
    case 'EIO':
      return failedWrite(path, 'io', 'the disk reported an error; check it', cause)
    default:
      return storageError(path, error)
  }
}

function failedWrite(file: string, reason: 'disk_full' | 'read_only' | 'io', why: string, cause: object): AccountError {
  return new AccountError('ERR_STORAGE_WRITE', `could not write ${file}: ${why}`, {
    reason,
    retryable: reason !== 'read_only',
    action: reason === 'disk_full' ? 'free-disk' : 'check-permissions',
    cause,
  })
}
