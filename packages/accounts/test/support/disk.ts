import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { tempFolder } from './temp-folder.ts'

const SCENARIOS = new URL('disk-scenarios.ts', import.meta.url)

/** Namespaces in which a process may mount disks of its own: as root, or as root of a namespace. */
const NAMESPACES = [['-m'], ['-Urm']] as const

/** How to start a process that can mount a disk that nobody else sees; `undefined` where that is not possible. */
export const namespace: readonly string[] | undefined = NAMESPACES.find(
  (flags) => process.platform === 'linux' && spawnSync('unshare', [...flags, 'true']).status === 0,
)

if (namespace === undefined) {
  console.warn('SKIPPED: full and read-only disks are not tested, because this user may mount none (unshare -m)')
}

/**
 * Runs one scenario in a process whose vault lies on a small disk of its own, and returns what it reports.
 *
 * The disk is a tmpfs in a namespace of that process: it is gone when the process ends, however it ends.
 */
export async function onSmallDisk(
  scenario: string,
  options: { sizeKb?: number } = {},
): Promise<Record<string, unknown>> {
  const folder = tempFolder()
  const mount = `mount -t tmpfs -o size=${options.sizeKb ?? 2_048}k,mode=0700 tmpfs "$0" && exec "$@"`
  const node = [process.execPath, '--no-warnings', SCENARIOS.pathname, scenario, folder]
  return await run('unshare', [...(namespace ?? []), 'sh', '-c', mount, folder, ...node])
}

/** Runs one scenario in a process that cannot make any file larger than `kilobytes`, as on a disk with errors. */
export async function withFileLimit(scenario: string, kilobytes: number): Promise<Record<string, unknown>> {
  const limit = `trap '' XFSZ; ulimit -f ${kilobytes * 2}; exec "$@"`
  return await run('sh', [
    '-c',
    limit,
    'sh',
    process.execPath,
    '--no-warnings',
    SCENARIOS.pathname,
    scenario,
    tempFolder(),
  ])
}

async function run(command: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(command, args, { encoding: 'utf8' })
  return JSON.parse(stdout) as Record<string, unknown>
}
