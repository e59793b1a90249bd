import type { Command } from 'commander'
import type { Accountry } from '../accountry.ts'
import { CommandRun, type CommandStreams, type GlobalOptions, type OpenRequest } from './command-run.ts'

export interface RuntimeOptions {
  readonly name: string
  readonly open: (request: OpenRequest) => Promise<Accountry>
  readonly streams: CommandStreams
  /** What shell completion may look at. */
  readonly completion: {
    readonly open?: (request: OpenRequest) => Promise<Accountry>
    readonly vaults?: () => readonly string[]
  }
  /** Told the exit code of each command that ran. */
  readonly onExit: (code: number) => void
}

const KEEP_ALIVE_MS = 60_000

/** What all commands have in common: opening, closing, Ctrl-C, errors and exit codes. */
export class CommandRuntime {
  readonly #options: RuntimeOptions

  constructor(options: RuntimeOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  /** The names that `--vault` takes, as far as they are known. */
  vaultNames(): readonly string[] {
    return this.#options.completion.vaults?.() ?? []
  }

  /** A line on stdout, outside of any run. */
  print(line: string): void {
    this.#options.streams.output.write(`${line}\n`)
  }

  /** Opens the accounts for looking at their names, asking nobody. Whoever calls it closes them. */
  async peek(request: Omit<OpenRequest, 'interaction' | 'needsKey'>): Promise<Accountry> {
    const { open, completion } = this.#options
    return await (completion.open ?? open)({ ...request, interaction: undefined, needsKey: false })
  }

  /**
   * Makes a commander action of what a command does.
   *
   * @param body Returns the exit code; nothing means 0.
   */
  action<Args extends unknown[]>(
    body: (run: CommandRun, ...args: Args) => Promise<number | undefined>,
  ): (...args: [...Args, Command]) => Promise<void> {
    return async (...args) => {
      const command = args.at(-1) as Command
      const controller = new AbortController()
      const { name, streams, open, onExit } = this.#options
      const options = command.optsWithGlobals<GlobalOptions>()
      const run = new CommandRun({ name, streams, open, options, signal: controller.signal })
      const cancel = (): void => controller.abort()
      const stopListening = cancelWhenEnded(streams, cancel)
      // The library's timers keep no process alive; a command that waits has to.
      const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS)
      try {
        const code = await body(run, ...(args.slice(0, -1) as Args))
        await run.close()
        onExit(code ?? 0)
      } catch (error) {
        onExit(run.failed(error))
        await run.close().catch(() => undefined)
      } finally {
        clearInterval(keepAlive)
        stopListening()
      }
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Cancels when the person, the system or the reader of stdout (such as `head`) has had enough. */
function cancelWhenEnded({ output }: CommandStreams, cancel: () => void): () => void {
  // Once: a second Ctrl-C ends the process as usual.
  for (const signal of SIGNALS) process.once(signal, cancel)
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    if (code === 'EPIPE') cancel()
  }
  output.on('error', onError)
  return () => {
    for (const signal of SIGNALS) process.off(signal, cancel)
    output.off('error', onError)
  }
}
