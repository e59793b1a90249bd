import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { OsKeychainOptions } from '../../src/index.ts'
import type { Step, StepResult } from '../programs/use-os-keychain.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../programs/use-os-keychain.ts', import.meta.url))

/**
 * Uses the OS keychain in a process of its own, because the native module remembers the first bus that it sees.
 *
 * Rejects when that process does not end by itself within 20 s of its last step.
 */
export async function inOtherProcess(
  env: NodeJS.ProcessEnv,
  steps: readonly Step[],
  options: OsKeychainOptions = {},
): Promise<StepResult[]> {
  const { stdout } = await run(process.execPath, [program, JSON.stringify({ options, steps })], {
    env,
    timeout: 20_000,
  })
  return JSON.parse(stdout) as StepResult[]
}

/** The command lines of the running processes that have `variable` in their environment. */
export async function processesWith(variable: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(
    ids.map(async (id) => {
      const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '')
      if (!environment.split('\0').includes(variable)) return []
      return [await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')]
    }),
  )
  return commands.flat()
}
