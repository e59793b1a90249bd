import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { AccountError } from '@accountry/accounts'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { UsageError } from './exit-codes.ts'

interface TokenVariable {
  readonly name: string
  readonly authTokenType: string
  readonly account: string
}

export function addExecCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('exec')
    .description('run a program with short-lived tokens in its environment')
    .option('--env <NAME=type@account>', 'put a token into this variable; may be given several times', variable, [])
    .argument('<command...>', 'the program and its arguments, after --')
    .addHelpText('after', '\nThe program, and everything it starts, can read the tokens. They end by themselves.')
    .action(runtime.action(execute))
}

const VARIABLE = /^(?<name>[A-Za-z_][A-Za-z0-9_]*)=(?<authTokenType>[^@]+)@(?<account>.+)$/s

function variable(text: string, previous: readonly TokenVariable[]): readonly TokenVariable[] {
  const parts = VARIABLE.exec(text)?.groups
  if (parts === undefined) throw new InvalidArgumentError('Write it as NAME=type@account.')
  const { name = '', authTokenType = '', account = '' } = parts
  return [...previous, { name, authTokenType, account }]
}

async function execute(
  run: CommandRun,
  [command, ...args]: readonly string[],
  options: { env: readonly TokenVariable[] },
): Promise<number> {
  if (command === undefined) throw new UsageError('Name the program to run, after --')
  if (options.env.length === 0) throw new UsageError('Say which tokens the program gets: --env NAME=type@account')
  const environment: Record<string, string> = {}
  const { accounts } = await run.unlockedAccountry()
  for (const { name, authTokenType, account } of options.env) {
    const found = await run.findAccount(account)
    const token = await accounts.getAuthToken(found, authTokenType, {
      interaction: run.isInteractive ? 'allow' : 'never',
      signal: run.signal,
    })
    environment[name] = token.value
  }
  await run.close()
  run.giveOutputAway()
  return await runProgram(command, args, environment)
}

/** Runs the program without a shell and hands its exit code on; a signal counts as 128 + its number, as in a shell. */
async function runProgram(command: string, args: readonly string[], tokens: Record<string, string>): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...tokens }, shell: false })
  // The terminal sends Ctrl-C to both; only the program decides what becomes of it.
  const ignore = (): void => undefined
  const forward = (): void => void child.kill('SIGTERM')
  process.on('SIGINT', ignore)
  process.on('SIGTERM', forward)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', ({ code }: NodeJS.ErrnoException) => reject(notStarted(command, code)))
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    })
  } finally {
    process.off('SIGINT', ignore)
    process.off('SIGTERM', forward)
  }
}

function notStarted(command: string, code: string | undefined): Error {
  const why = code === 'ENOENT' ? 'it was not found' : (code ?? 'unknown reason')
  return new AccountError('ERR_UNSUPPORTED', `${command} could not be started: ${why}`)
}
