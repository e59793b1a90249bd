import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs an example as a newcomer does, and returns what it prints. */
export async function runExample(
  name: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<{ code: number | null; output: string; errors: string }> {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url))
  const child = spawn(process.execPath, [path], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
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
