import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compileCache } from './compile-cache.ts'

const run = promisify(execFile)
const bin = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
const LOOK_EVERY_MS = 100
/** A person who waits for words that never come would sit there for good. */
const GIVE_UP_MS = 30_000

export interface PaneOptions {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The shell that waits for commands. Default: bash without any settings. */
  readonly shell?: string
}

/** A pane of a real terminal (tmux) with a shell in it, in which `accountry` is a command, and a person who types. */
export class TerminalPane implements AsyncDisposable {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder
    this.#env = env
  }

  static async open(options: PaneOptions = {}): Promise<TerminalPane> {
    const { columns = 100, rows = 40, shell = 'bash --noprofile --norc -i' } = options
    const folder = await mkdtemp(join(tmpdir(), 'accountry-pane-'))
    const command = `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`
    await writeFile(join(folder, 'accountry'), command, { mode: 0o700 })
    const env = {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      TERM: 'xterm-256color',
      PS1: '> ',
      SHELL: '/bin/sh',
      ...compileCache,
      ...options.env,
    }
    const pane = new TerminalPane(folder, env)
    const size = ['-x', String(columns), '-y', String(rows)]
    await pane.#tmux('-f', '/dev/null', 'new-session', '-d', '-c', folder, ...size, shell)
    return pane
  }

  /** Types a line and presses Enter. */
  async enter(line: string): Promise<void> {
    await this.type(line)
    await this.press('Enter')
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text)
  }

  /** Presses keys by the names that tmux has for them: `Enter`, `Down`, `C-c`, `Escape`, `Tab`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys)
  }

  /** What the person sees. */
  async screen(): Promise<string> {
    return await this.#tmux('capture-pane', '-p')
  }

  /** The same with colours, as escape sequences. */
  async colours(): Promise<string> {
    return await this.#tmux('capture-pane', '-p', '-e')
  }

  /** Resolves with the screen when it shows what the person waits for. */
  async see(what: string | RegExp): Promise<string> {
    let screen = ''
    for (const end = Date.now() + GIVE_UP_MS; Date.now() < end; await pause(LOOK_EVERY_MS)) {
      screen = await this.screen()
      if (typeof what === 'string' ? screen.includes(what) : what.test(screen)) return screen
    }
    throw new Error(`${what} never appeared. The screen:\n${screen}`)
  }

  /** Runs a command to its end. */
  async run(line: string): Promise<{ screen: string; code: number }> {
    await this.start(line)
    return await this.end()
  }

  /** Clears the screen and starts a command whose end {@link TerminalPane.end} waits for. */
  async start(line: string): Promise<void> {
    await this.press('C-l')
    await this.enter(`clear; ${line}; echo "ended:$?"`)
  }

  async end(): Promise<{ screen: string; code: number }> {
    const screen = await this.see(/^ended:\d+$/m)
    return { screen, code: Number(/^ended:(\d+)$/m.exec(screen)?.[1]) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined)
    // The shell may still be writing its history.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #tmux(...args: string[]): Promise<string> {
    // A socket of its own keeps it apart from any tmux that the person has.
    const { stdout } = await run('tmux', ['-u', '-S', join(this.#folder, 'tmux'), ...args], { env: this.#env })
    return stdout
  }
}
