import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { compileCache } from './compile-cache.ts'

/** Keys that a person presses once they have read something. */
export interface Typing {
  readonly after: string
  readonly keys: string
}

export interface TerminalResult {
  readonly code: number | null
  /** What a person would have read, stdout and stderr together, without colours. */
  readonly screen: string
  /** The same with everything that the terminal was told. */
  readonly raw: string
}

/** A person who waits for words that never come would sit there for good. */
const GIVE_UP_MS = 20_000

/** Runs a program in a pseudo-terminal, with a person who reads and types. */
export async function runInTerminal(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  typing: readonly Typing[] = [],
): Promise<TerminalResult> {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  // A pseudo-terminal has no size of its own, and programs would wrap their lines at none.
  const child = spawn('script', ['-qec', `stty columns 120 rows 30; exec ${quoted}`, '/dev/null'], {
    env: { TERM: 'xterm-256color', SHELL: '/bin/sh', ...compileCache, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let raw = ''
  let readTo = 0
  const left = [...typing]
  child.stdout.on('data', (chunk) => {
    raw += String(chunk)
    const [next] = left
    const at = next === undefined ? -1 : raw.indexOf(next.after, readTo)
    if (next === undefined || at < 0) return
    readTo = at + next.after.length
    left.shift()
    child.stdin.write(next.keys)
  })
  const giveUp = setTimeout(() => child.kill('SIGKILL'), GIVE_UP_MS)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(giveUp)
  return { code, screen: stripVTControlCharacters(raw), raw }
}
