import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import type { Accountry } from '../accountry.ts'
import { addAddCommand } from './add.ts'
import { addDefaultCommand, addReauthCommand, addRenameCommand } from './change.ts'
import { CommandOutput } from './command-output.ts'
import type { CommandStreams, OpenRequest } from './command-run.ts'
import { CommandRuntime } from './command-runtime.ts'
import { addCompletionCommands } from './completion/completion.ts'
import { addDoctorCommand } from './doctor/doctor.ts'
import { addExecCommand } from './exec.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { addListCommand } from './list.ts'
import { addRemoveCommand } from './remove.ts'
import { addSyncCommand } from './sync.ts'
import { addTokenCommand } from './token.ts'
import { addExportCommand } from './transfer/export.ts'
import { addImportCommand } from './transfer/import.ts'
import { addTryCommand } from './try.ts'
import { addUiCommand } from './ui.ts'

export interface AccountsCommandOptions {
  /**
   * Opens the app's accounts; called at most once a run, and closed by the command. Pass `interaction` on, so that
   * the person at the terminal can be asked.
   */
  readonly open: (request: OpenRequest) => Promise<Accountry>
  /** How the command is called, for its help and messages, e.g. `agenda accounts`. */
  readonly name: string
  /** Default: those of the process. */
  readonly streams?: Partial<CommandStreams>
  /** What shell completion may look at. It runs at every Tab, so it has to be quick and must ask nobody. */
  readonly completion?: {
    /**
     * Opens the accounts for their names only, best without a key: they are listed while the vault is locked.
     * Default: `open`, without `interaction`.
     */
    readonly open?: (request: OpenRequest) => Promise<Accountry>
    /** The names that `--vault` takes. Default: none. */
    readonly vaults?: () => readonly string[]
  }
}

/** The accounts commands as a commander `Command`: run it by itself, or add it to an app's own program. */
export type AccountsCommand = Command & {
  /**
   * Runs with these arguments, without the names of node and script.
   *
   * @returns The exit code, one of {@link EXIT_CODES} or, for `exec`, that of the program.
   */
  run(args: readonly string[]): Promise<number>
}

const EXIT_CODE_HELP = `
Exit codes:
  0    done
  1    failed
  2    wrong command line
  3    a person has to sign in, allow or choose something
  4    no such account, no vault yet, or nothing that can sign in to that type
  5    it can work later: network, service, another process
  6    the vault is locked, damaged or without its key
  130  cancelled`

/**
 * Gives an app the commands of `accountry` under its own name: `list`, `add`, `remove`, `rename`, `reauth`, `default`,
 * `token`, `exec`, `sync`, `export`, `import`, `ui`, `doctor`, `try` and `completion`.
 *
 * Results go to stdout, everything else to stderr; with `--json` stdout holds exactly one document, also about an error.
 * Only `token` prints a secret. Sets `process.exitCode` when it runs as part of another program.
 *
 * @throws TypeError for wrong options.
 */
export function createAccountsCommand(options: AccountsCommandOptions): AccountsCommand {
  const { open, name } = checkedOptions(options)
  let exitCode: number = EXIT_CODES.ok
  let isStandalone = false
  const streams: CommandStreams = {
    input: options.streams?.input ?? process.stdin,
    output: options.streams?.output ?? process.stdout,
    errors: options.streams?.errors ?? process.stderr,
  }
  const onExit = (code: number): void => {
    exitCode = code
    if (!isStandalone) process.exitCode = code
  }
  const runtime = new CommandRuntime({ name, open, streams, onExit, completion: options.completion ?? {} })
  const program = new Command(name)
  // Before there are commands below it: they take over how it prints.
  const output = new CommandOutput(program, streams)
  addCommands(program, runtime)
  return Object.assign(program, {
    async run(args: readonly string[]): Promise<number> {
      isStandalone = true
      output.begin(args)
      for (const command of [program, ...program.commands.flatMap((child) => [child, ...child.commands])]) {
        command.exitOverride()
      }
      try {
        await program.parseAsync([...args], { from: 'user' })
        return exitCode
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        return output.ended(error)
      } finally {
        isStandalone = false
      }
    },
  })
}

function addCommands(program: Command, runtime: CommandRuntime): void {
  program
    .description('The accounts of this person: see them, add them, fix them, remove them.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .option('--vault <name>', 'which vault')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', EXIT_CODE_HELP)
  const commands = [
    addListCommand,
    addAddCommand,
    addRemoveCommand,
    addRenameCommand,
    addReauthCommand,
    addDefaultCommand,
    addTokenCommand,
    addExecCommand,
    addSyncCommand,
    addExportCommand,
    addImportCommand,
    addUiCommand,
    addDoctorCommand,
    addTryCommand,
    addCompletionCommands,
  ]
  for (const add of commands) add(program, runtime)
}

function checkedOptions(options: AccountsCommandOptions): AccountsCommandOptions {
  if (typeof options?.open !== 'function') throw new TypeError('createAccountsCommand: open must be a function')
  if (typeof options.name !== 'string' || options.name === '') {
    throw new TypeError('createAccountsCommand: name must be a string that is not empty')
  }
  const { completion } = options
  for (const [option, value] of Object.entries(completion ?? {})) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`createAccountsCommand: completion.${option} must be a function`)
    }
  }
  return options
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String(version)
}
