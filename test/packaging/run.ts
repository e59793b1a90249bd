import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program to its end and returns what it wrote to stdout; a failure shows all that it wrote. */
export async function run(program: string, args: readonly string[], { cwd, env }: RunOptions): Promise<string> {
  try {
    const { stdout } = await execute(program, [...args], {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1_024 * 1_024,
    })
    return stdout
  } catch (error) {
    const { stdout, stderr, code, signal } = error as { stdout: string; stderr: string; code: unknown; signal: unknown }
    throw new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}\n${stdout}\n${stderr}`)
  }
}
