import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program in a fresh Node, and tells how long it took until it wrote something, and what. */
export async function firstOutput(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly milliseconds: number; readonly text: string }> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  const milliseconds = performance.now() - startedAt
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  return { milliseconds, text: String(chunk) }
}
