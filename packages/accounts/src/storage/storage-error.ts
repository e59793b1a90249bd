import { AccountError, isAccountError } from '../errors.ts'
import { busyError, sqliteCode } from './busy.ts'

const SQLITE_ERROR = 1
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_TOOBIG = 18
const SQLITE_CONSTRAINT = 19
const SQLITE_MISMATCH = 20
const SQLITE_FORMAT = 24
const SQLITE_NOTADB = 26

/** What SQLite's refusal means to the caller; an AccountError passes through. */
export function storageError(file: string, error: unknown): unknown {
  const code = sqliteCode(error)
  if (code === undefined || isAccountError(error)) return error
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
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return busyError(`using ${file}`)
    case SQLITE_TOOBIG:
      return new AccountError('ERR_LIMIT_EXCEEDED', `what was to be written to ${file} is too large`, { cause })
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_FORMAT:
      return new AccountError(
        'ERR_VAULT_CORRUPT',
        `${file} is not as it was made: something is missing in it or contradicts the rest; nothing was changed. ` +
          'Restore it from a backup, or open with `recover: true` to set it aside',
        { reason: 'damaged', cause },
      )
    default:
      return failedWrite(file, 'io', 'the database refused; check the disk and the permissions', cause)
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
    case 'EEXIST':
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ELOOP':
      return new AccountError(
        'ERR_VAULT_UNAVAILABLE',
        `something else stands where ${path} should be (${code}); remove it, or a symbolic link on the way`,
        { reason: 'io', action: 'check-permissions', cause },
      )
    default:
      if (sqliteCode(error) !== undefined || isAccountError(error) || typeof code !== 'string')
        return storageError(path, error)
      return failedWrite(path, 'io', `the system refused (${code}); try again`, cause)
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
