import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/** Runs a program in a pseudo-terminal and returns what a person would have read: stdout and stderr together, without colours. */
export async function runInTerminal(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number | null; screen: string }> {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn('script', ['-qec', quoted, '/dev/null'], { env: { ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
  let screen = ''
  child.stdout.on('data', (chunk) => {
    screen += String(chunk)
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, screen: stripVTControlCharacters(screen) }
}
