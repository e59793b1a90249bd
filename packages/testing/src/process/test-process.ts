import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BARRIER, isBarrierSignal } from './barrier.ts'
import { MessageQueue } from './message-queue.ts'

export interface StartProcessOptions {
  /** Added to this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Arguments of Node itself. Default: none. */
  readonly execArgv?: readonly string[]
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The process ended while somebody waited for a message of it. */
export class ProcessEnded extends Error implements ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null

  constructor(exit: ProcessExit, stderr: string) {
    super(`the process ended (${exit.signal ?? `code ${exit.code}`})${stderr === '' ? '' : `:\n${stderr}`}`)
    this.name = 'ProcessEnded'
    this.code = exit.code
    this.signal = exit.signal
  }
}

// A child whose test was killed has nobody left to talk to. Preloaded, so that it holds whatever the child does.
// Listening holds the channel open, and with it the child; `unrefCounted` takes that back without deciding for others.
const DIE_WITH_PARENT = `data:text/javascript,${encodeURIComponent(
  'process.once("disconnect",()=>process.kill(process.pid,"SIGKILL"));process.channel?.unrefCounted()',
)}`

const HAS_PROCESS_GROUPS = process.platform !== 'win32'

/**
 * A Node process that a test started.
 *
 * It leads a process group. When it ends, by itself or by a signal, everything that it started ends with it; when this
 * process ends, so does the child.
 *
 * @typeParam Sent What this side sends: anything that structured cloning takes.
 * @typeParam Received What the child sends.
 */
export class TestProcess<Sent = unknown, Received = unknown> implements AsyncDisposable {
  readonly pid: number
  /** How it ended. Never rejects. */
  readonly exited: Promise<ProcessExit>
  readonly #child: ChildProcess
  readonly #messages = new MessageQueue<Received>()
  readonly #signals = new MessageQueue<string>()
  readonly #lines = new MessageQueue<string>()
  #unfinishedLine = ''
  readonly #output = { stdout: '', stderr: '' }

  constructor(module: string | URL, args: readonly string[], options: StartProcessOptions) {
    const file = module instanceof URL ? fileURLToPath(module) : module
    const child = fork(file, [...args], {
      env: { ...process.env, ...options.env },
      execArgv: ['--import', DIE_WITH_PARENT, ...(options.execArgv ?? [])],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      detached: HAS_PROCESS_GROUPS,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    this.#child = child
    this.pid = child.pid ?? 0
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text
        if (name === 'stdout') this.#splitLines(text)
      })
    }
    child.on('message', (message) => {
      if (isBarrierSignal(message)) this.#signals.push(message)
      else this.#messages.push(message as Received)
    })
    child.once('exit', () => this.#killGroup())
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => this.#end(resolve, { code: null, signal: null }, String(error)))
      // Not `exit`: only `close` says that all output has arrived.
      child.once('close', (code, signal) => this.#end(resolve, { code, signal }, this.stderr))
    })
  }

  /** What it has written to stdout so far. */
  get stdout(): string {
    return this.#output.stdout
  }

  /** What it has written to stderr so far. */
  get stderr(): string {
    return this.#output.stderr
  }

  /** @param message Anything but `undefined`. */
  send(message: Sent): void {
    if (this.#child.connected) this.#child.send(message as object)
  }

  /**
   * The next message, or the next that matches; others stay for later.
   *
   * @throws ProcessEnded when it ends first, with what it wrote to stderr.
   */
  next(): Promise<Received>
  next<Kind extends Received>(matches: (message: Received) => message is Kind): Promise<Kind>
  next(matches: (message: Received) => boolean): Promise<Received>
  next(matches: (message: Received) => boolean = () => true): Promise<Received> {
    return this.#messages.next(matches)
  }

  /** The next line of stdout, each once. @throws ProcessEnded when it ends first. */
  nextLine(): Promise<string> {
    return this.#lines.next(() => true)
  }

  /** Waits until the child is at its barrier. @throws ProcessEnded when it ends first. */
  async ready(): Promise<void> {
    await this.#signals.next((signal) => signal === BARRIER.ready)
  }

  /** Lets the child, which is at its barrier, go on. */
  release(): void {
    if (this.#child.connected) this.#child.send(BARRIER.go)
  }

  /** @param signal Default `SIGKILL`. @returns How it ended; after `SIGSTOP` and the like, at once. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProcessExit | undefined> {
    this.#child.kill(signal)
    return SURVIVED_SIGNALS.has(signal) ? undefined : await this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #splitLines(text: string): void {
    const [first = '', ...others] = text.split('\n')
    this.#unfinishedLine += first
    for (const line of others) {
      this.#lines.push(this.#unfinishedLine)
      this.#unfinishedLine = line
    }
  }

  #end(resolve: (exit: ProcessExit) => void, exit: ProcessExit, stderr: string): void {
    const error = new ProcessEnded(exit, stderr)
    this.#messages.end(error)
    this.#signals.end(error)
    this.#lines.end(error)
    resolve(exit)
  }

  #killGroup(): void {
    if (!HAS_PROCESS_GROUPS || this.pid === 0) return
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {
      // Nothing of the group is left.
    }
  }
}

const SURVIVED_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSTOP', 'SIGCONT', 'SIGTSTP', 'SIGUSR1', 'SIGUSR2'])

/**
 * Starts a module in a process of its own.
 *
 * @example
 * ```ts
 * await using child = startProcess<{ round: number }, string>(new URL('worker.ts', import.meta.url), ['some', 'arguments'])
 * child.send({ round: 1 })
 * expect(await child.next()).toBe('done')
 * await child.kill('SIGKILL')
 * ```
 */
export function startProcess<Sent = unknown, Received = unknown>(
  module: string | URL,
  args: readonly string[] = [],
  options: StartProcessOptions = {},
): TestProcess<Sent, Received> {
  return new TestProcess(module, args, options)
}

/** Waits until all are at their barrier, then lets them go at the same moment. */
export async function releaseTogether(processes: readonly TestProcess<never, unknown>[]): Promise<void> {
  await Promise.all(processes.map((child) => child.ready()))
  for (const child of processes) child.release()
}
