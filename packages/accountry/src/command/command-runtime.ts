import type { Command } from 'commander'
import type { Accountry } from '../accountry.ts'
import { CommandRun, type CommandStreams, type GlobalOptions, type OpenRequest } from './command-run.ts'

export interface RuntimeOptions {
  readonly name: string
  readonly open: (request: OpenRequest) => Promise<Accountry>
  readonly streams: CommandStreams
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
      // Once: a second Ctrl-C ends the process as usual.
      const cancel = (): void => controller.abort()
      process.once('SIGINT', cancel)
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
        process.off('SIGINT', cancel)
      }
    }
  }
}
