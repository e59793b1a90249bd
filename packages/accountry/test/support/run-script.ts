import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compileCache } from './compile-cache.ts'

export interface ScriptResult {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs a TypeScript file in a Node of its own. */
export async function runScript(
  script: URL,
  options: {
    args?: readonly string[]
    nodeArgs?: readonly string[]
    env?: Readonly<Record<string, string | undefined>>
  } = {},
): Promise<ScriptResult> {
  const { args = [], nodeArgs = [], env = {} } = options
  const child = spawn(process.execPath, [...nodeArgs, fileURLToPath(script), ...args], {
    env: { ...process.env, ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    errors += String(chunk)
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output, errors }
}
