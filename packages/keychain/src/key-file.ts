import type { Stats } from 'node:fs'
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AccountError, type AccountErrorReason } from '@accountry/accounts'
import { KEY_BYTES } from './arguments.ts'
import type { Refusal } from './refusal.ts'

/** What a key file holds. Without `nameHash` somebody put it there, and it serves every name. */
export interface KeyFileContent {
  readonly kind: 'content'
  readonly key: Uint8Array
  readonly nameHash: Uint8Array | undefined
}

const HASH_BYTES = 32
const PRIVATE_MODE = 0o600
const OTHERS_MASK = 0o077

/**
 * Reads a key file, and refuses one that others can read, that somebody else owns, or that is reached through a
 * symbolic link: such a key may be known to others, or be another than it seems.
 */
export async function readKeyFile(path: string): Promise<KeyFileContent | Refusal> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = process.getBuiltinModule('node:fs').constants
  let file: FileHandle | undefined
  try {
    // Without O_NONBLOCK opening a named pipe waits for a writer. Windows has neither flag.
    file = await open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0))
    const problem = problemOf(path, await file.stat())
    if (problem !== undefined) return problem
    return contentOf(path, await file.readFile())
  } catch (error) {
    return await openRefusal(path, error as NodeJS.ErrnoException)
  } finally {
    await file?.close()
  }
}

/**
 * Writes a key file with mode 0600, all or nothing, and durable when this resolves.
 *
 * @param mode `'create'` never replaces a file.
 * @returns `false` when there is a file and `mode` is `'create'`.
 * @throws AccountError `ERR_STORAGE_WRITE`.
 */
export async function writeKeyFile(
  path: string,
  content: { key: Uint8Array; nameHash: Uint8Array },
  mode: 'create' | 'replace',
): Promise<boolean> {
  const temporary = `${path}.${process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex')}.tmp`
  try {
    await writeDurably(temporary, Buffer.concat([content.key, content.nameHash]))
    // Unlike a rename, a link fails where a file is.
    await (mode === 'create' ? link(temporary, path) : rename(temporary, path))
    await unlink(temporary).catch(ignoreMissing)
    await syncFolder(path)
    return true
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw writeError(path, error as NodeJS.ErrnoException)
  }
}

/** @throws AccountError `ERR_STORAGE_WRITE`. */
export async function removeKeyFile(path: string): Promise<void> {
  try {
    await unlink(path).catch(ignoreMissing)
    await syncFolder(path)
  } catch (error) {
    throw writeError(path, error as NodeJS.ErrnoException)
  }
}

function problemOf(path: string, stats: Stats): Refusal | undefined {
  if (!stats.isFile()) return { kind: 'denied', why: `${path} is not a regular file; put the key file itself there` }
  const user = process.geteuid?.()
  // Windows has no modes; there the folder's access list guards the file.
  if (user === undefined) return undefined
  if (stats.uid !== user) return { kind: 'denied', why: `${path} belongs to another user` }
  if ((stats.mode & OTHERS_MASK) === 0) return undefined
  const mode = (stats.mode & 0o777).toString(8)
  return { kind: 'denied', why: `other users may read ${path} (mode 0${mode}); make it private with chmod 600` }
}

function contentOf(path: string, bytes: Buffer): KeyFileContent | Refusal {
  const isProvided = bytes.length === KEY_BYTES
  if (!isProvided && bytes.length !== KEY_BYTES + HASH_BYTES) {
    const why = `${path} has ${bytes.length} bytes and is no key file; a key is ${KEY_BYTES} raw bytes`
    return { kind: 'corrupt', why }
  }
  const key = Uint8Array.from(bytes.subarray(0, KEY_BYTES))
  return { kind: 'content', key, nameHash: isProvided ? undefined : Uint8Array.from(bytes.subarray(KEY_BYTES)) }
}

async function openRefusal(path: string, error: NodeJS.ErrnoException): Promise<Refusal> {
  switch (error.code) {
    case 'ENOENT':
      return (await isFolder(dirname(path)))
        ? { kind: 'absent', why: `there is no key file ${path}` }
        : { kind: 'unavailable', why: `the folder of the key file, ${dirname(path)}, does not exist (is it mounted?)` }
    case 'ELOOP':
      return { kind: 'denied', why: `${path} is a symbolic link; name the key file itself` }
    case 'EACCES':
    case 'EPERM':
    case 'ENXIO':
      return { kind: 'denied', why: `${path} may not be read (${error.code})` }
    default:
      return { kind: 'unavailable', why: `${path} cannot be read (${error.code ?? error.name})` }
  }
}

async function isFolder(path: string): Promise<boolean> {
  const { stat } = process.getBuiltinModule('node:fs/promises')
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', PRIVATE_MODE)
  try {
    // The umask can only take bits away from the mode given to open; this sets it exactly.
    await file.chmod(PRIVATE_MODE)
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A new name is durable when its folder is. Windows cannot open a folder, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

const WRITE_REASONS: Readonly<Record<string, AccountErrorReason>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EROFS: 'read_only',
  EACCES: 'permissions',
  EPERM: 'permissions',
}

function writeError(path: string, error: NodeJS.ErrnoException): AccountError {
  const code = error.code ?? error.name
  return new AccountError(
    'ERR_STORAGE_WRITE',
    `the key file ${path} cannot be written (${code}); nothing was changed`,
    {
      reason: WRITE_REASONS[code] ?? 'io',
      cause: error,
    },
  )
}
