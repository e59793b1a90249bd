import { accessSync, constants, lstatSync, mkdirSync, type Stats, statfsSync } from 'node:fs'
import { chmod, lstat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AccountError } from '../errors.ts'
import { project } from '../project.ts'

export const FOLDER_MODE = 0o700
export const FILE_MODE = 0o600

/** File systems on which advisory locks or the shared memory of SQLite's WAL cannot be trusted: `statfs` magic numbers. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
])

interface Environment {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/**
 * The folder of a vault: `<per-user data>/accountry/<vault>`.
 *
 * Per-user data is `%LOCALAPPDATA%` on Windows, `~/Library/Application Support` on macOS and `$XDG_DATA_HOME`
 * (or `~/.local/share`) elsewhere.
 */
export function defaultVaultFolder(vault: string, environment: Environment = currentEnvironment()): string {
  return join(perUserData(environment), project.folder, vault)
}

function currentEnvironment(): Environment {
  return { platform: process.platform, env: process.env, home: homedir() }
}

function perUserData({ platform, env, home }: Environment): string {
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  return env['XDG_DATA_HOME'] || join(home, '.local', 'share')
}

/**
 * Makes sure that `folder` exists and that only this user can look inside.
 *
 * @throws AccountError `ERR_UNSUPPORTED` (`network_file_system`) unless allowed, `ERR_VAULT_UNAVAILABLE` (`symlink`,
 *   `foreign_owner`, `permissions`, `read_only`, `disk_full`, `io`) when the folder cannot be trusted or made.
 */
export function openPrivateFolder(folder: string, options: { allowNetworkFileSystem?: boolean } = {}): string {
  const path = resolve(folder)
  try {
    mkdirSync(path, { recursive: true, mode: FOLDER_MODE })
  } catch (error) {
    if (!existsAsFolder(path)) throw folderError(path, whyNotWritable(path) ?? error)
  }
  checkOwnFolder(path, lstatSync(path))
  checkParent(path)
  if (options.allowNetworkFileSystem !== true) checkLocalFileSystem(path)
  return path
}

/** Making several folders at once hides the reason behind an ENOENT: asks the nearest one that exists. */
function whyNotWritable(path: string): unknown {
  let nearest = dirname(path)
  while (!existsAsFolder(nearest) && nearest !== dirname(nearest)) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK)
    return undefined
  } catch (error) {
    return error
  }
}

function existsAsFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}

function checkOwnFolder(path: string, stats: Stats): void {
  if (stats.isSymbolicLink()) {
    throw unavailable('symlink', `the vault folder ${path} is a symbolic link; name the folder that it points to`)
  }
  if (!stats.isDirectory()) throw unavailable('io', `${path} is not a folder; choose another folder for the vault`)
  checkOwner(path, stats)
}

/** Modes are repaired in {@link repairModes}; here only what cannot be repaired is refused. */
function checkParent(path: string): void {
  if (process.platform === 'win32') return
  const parent = lstatSync(dirname(path))
  const othersMayWrite = (parent.mode & 0o022) !== 0
  const sticky = (parent.mode & 0o1000) !== 0
  if (othersMayWrite && !sticky) {
    throw unavailable(
      'permissions',
      `other users may replace the vault folder ${path}, because they may write to ${dirname(path)}; ` +
        `run: chmod go-w ${dirname(path)}`,
    )
  }
}

function checkOwner(path: string, stats: Stats): void {
  const uid = process.getuid?.()
  if (uid === undefined || stats.uid === uid) return
  throw unavailable('foreign_owner', `${path} belongs to another user (uid ${stats.uid}); choose another folder`)
}

function checkLocalFileSystem(path: string): void {
  if (process.platform !== 'linux') return
  const kind = NETWORK_FILE_SYSTEMS.get(statfsSync(path).type >>> 0)
  if (kind === undefined) return
  throw new AccountError(
    'ERR_UNSUPPORTED',
    `the vault folder ${path} is on ${kind}, where locks between processes are unreliable; ` +
      'choose a local folder with the `directory` option',
    { reason: 'network_file_system' },
  )
}

/**
 * Refuses a file of ours that is a symbolic link or belongs to somebody else; absent files are fine.
 *
 * @throws AccountError `ERR_VAULT_UNAVAILABLE` (`symlink`, `foreign_owner`, `io`).
 */
export async function checkOwnFile(path: string): Promise<Stats | undefined> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw folderError(path, error)
  })
  if (stats === undefined) return undefined
  if (stats.isSymbolicLink())
    throw unavailable('symlink', `${path} is a symbolic link; remove the link, or put the file itself there`)
  if (!stats.isFile()) throw unavailable('io', `something that is no file stands at ${path}; move it away`)
  checkOwner(path, stats)
  return stats
}

/** Takes every right away from group and others, by path: opening an SQLite file by hand would drop its locks. */
export async function repairModes(folder: string, files: readonly string[]): Promise<void> {
  if (process.platform === 'win32') return
  await chmodIfWider(folder, FOLDER_MODE)
  for (const file of files) await chmodIfWider(file, FILE_MODE)
}

async function chmodIfWider(path: string, mode: number): Promise<void> {
  try {
    const stats = await lstat(path)
    if ((stats.mode & 0o077) !== 0) await chmod(path, mode)
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EROFS')) throw folderError(path, error)
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}

/** The typed error for a failure of the file system at `path`. */
export function folderError(path: string, cause: unknown): AccountError {
  const code = (cause as NodeJS.ErrnoException).code
  const [reason, advice] =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? (['disk_full', 'free some disk space'] as const)
      : code === 'EROFS'
        ? (['read_only', 'the file system is read-only; choose another folder'] as const)
        : code === 'EACCES' || code === 'EPERM'
          ? (['permissions', 'check who owns it and its permissions'] as const)
          : (['io', 'check the disk'] as const)
  return unavailable(reason, `cannot use ${path} (${code ?? 'unknown error'}): ${advice}`, cause)
}

function unavailable(
  reason: 'symlink' | 'foreign_owner' | 'permissions' | 'io' | 'disk_full' | 'read_only',
  message: string,
  cause?: unknown,
): AccountError {
  const action = reason === 'disk_full' ? 'free-disk' : 'check-permissions'
  return new AccountError('ERR_VAULT_UNAVAILABLE', message, { reason, action, cause })
}
