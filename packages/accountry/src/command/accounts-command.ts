import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import type { Accountry } from '../accountry.ts'
import { addAddCommand } from './add.ts'
import { addDefaultCommand, addReauthCommand, addRenameCommand } from './change.ts'
import type { CommandStreams, OpenRequest } from './command-run.ts'
import { CommandRuntime } from './command-runtime.ts'
import { addDoctorCommand } from './doctor.ts'
import { addExecCommand } from './exec.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { addListCommand } from './list.ts'
import { addRemoveCommand } from './remove.ts'
import { addSyncCommand } from './sync.ts'
import { addTokenCommand } from './token.ts'
import { addTryCommand } from './try.ts'

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
  4    no such account, or nothing that can sign in to its type
  5    it can work later: network, service, another process
  6    the vault is locked, damaged or without its key
  130  cancelled`

/**
 * Gives an app the commands of `accountry` under its own name: `list`, `add`, `remove`, `rename`, `reauth`, `default`,
 * `token`, `sync`, `exec`, `doctor` and `try`.
 *
 * Results go to stdout, everything else to stderr. Only `token` prints a secret. Sets `process.exitCode` when it runs
 * as part of another program.
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
  const program = buildProgram(name, streams, new CommandRuntime({ name, open, streams, onExit }))
  return Object.assign(program, {
    async run(args: readonly string[]): Promise<number> {
      isStandalone = true
      for (const command of [program, ...program.commands.flatMap((child) => [child, ...child.commands])]) {
        command.exitOverride()
      }
      try {
        await program.parseAsync([...args], { from: 'user' })
        return exitCode
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        // commander has said on stderr what is wrong, or shown the help that was asked for.
        return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage
      } finally {
        isStandalone = false
      }
    },
  })
}

function buildProgram(name: string, streams: CommandStreams, runtime: CommandRuntime): Command {
  const program = new Command(name)
    .description('The accounts of this person: see them, add them, fix them, remove them.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .option('--vault <name>', 'which vault')
    .option('--json', 'print JSON, for programs')
    .configureOutput({
      writeOut: (text) => void streams.output.write(text),
      writeErr: (text) => void streams.errors.write(text),
    })
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
    addDoctorCommand,
    addTryCommand,
  ]
  for (const add of commands) add(program, runtime)
  return program
}

function checkedOptions(options: AccountsCommandOptions): AccountsCommandOptions {
  if (typeof options?.open !== 'function') throw new TypeError('createAccountsCommand: open must be a function')
  if (typeof options.name !== 'string' || options.name === '') {
    throw new TypeError('createAccountsCommand: name must be a string that is not empty')
  }
  return options
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String(version)
}
