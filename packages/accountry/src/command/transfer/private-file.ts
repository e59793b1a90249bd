import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { AccountError } from '@accountry/accounts'
import { printable } from '../../terminal/printable.ts'
import { UsageError } from '../exit-codes.ts'

const FILE_MODE = 0o600
const READABLE_BY_OTHERS = 0o077

/**
 * Writes a new file that only its owner can read. What is there, also a link, is never written over or followed.
 *
 * @throws UsageError when there is something already.
 * @throws {@link AccountError} `ERR_STORAGE_WRITE`; nothing half-written stays behind.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? new UsageError(`${printable(path)} is there already. It is not overwritten`)
      : failed(path, error)
  })
  try {
    // The mode that was asked for is narrowed by the umask, and on some file systems ignored.
    await file.chmod(FILE_MODE)
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw failed(path, error as NodeJS.ErrnoException)
  } finally {
    await file.close()
  }
}

export interface ReadLimits {
  /** What the file is, for messages. */
  readonly what: string
  readonly maxBytes: number
  /** Refuse a file that other users can read. Without effect on Windows, whose files have no such modes. */
  readonly isSecret: boolean
}

/**
 * Reads a file, up to a size.
 *
 * @returns Nothing when there is no such file.
 * @throws UsageError when it is no file, too large, or a secret that other users can read.
 */
export async function readLimited(path: string, { what, maxBytes, isSecret }: ReadLimits): Promise<string | undefined> {
  const shown = printable(path)
  const file = await openIfThere(path, what)
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new UsageError(`${shown} is no file`)
    if (stats.size > maxBytes) throw new UsageError(`${shown} is too large for ${what}`)
    if (isSecret && process.platform !== 'win32' && (stats.mode & READABLE_BY_OTHERS) !== 0) {
      throw new UsageError(`${shown} can be read by other users. Make it yours alone first: chmod 600`)
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string, what: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK a pipe in the place of a file would be waited for, for ever.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new UsageError(`${printable(path)} cannot be read as ${what} (${code ?? 'unknown reason'})`)
  }
}

function failed(path: string, { code }: NodeJS.ErrnoException): AccountError {
  const details = code === 'ENOSPC' || code === 'EDQUOT' ? ({ action: 'free-disk' } as const) : {}
  return new AccountError('ERR_STORAGE_WRITE', `${printable(path)} cannot be written (${code ?? 'unknown reason'})`, {
    retryable: false,
    ...details,
  })
}
