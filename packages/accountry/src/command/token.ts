import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'

interface TokenOptions {
  readonly force?: boolean
  readonly minValidity?: number
}

export function addTokenCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('token')
    .description('print an access token, and nothing else, to stdout')
    .argument('<account>', 'name, id, or the beginning of one')
    .argument('<token-type>', 'what the token is for, as the authenticator names it')
    .option('--force', 'get a new one even if the stored one is good')
    .option('--min-validity <seconds>', 'how long it has to be good for', seconds)
    .action(runtime.action(printToken))
}

async function printToken(run: CommandRun, hint: string, type: string, options: TokenOptions): Promise<undefined> {
  const { accounts } = await run.unlockedAccountry()
  const account = await run.findAccount(hint)
  const token = await accounts.getAuthToken(account, type, {
    interaction: run.isInteractive ? 'allow' : 'never',
    ...(options.force === true && { forceRefresh: true }),
    ...(options.minValidity !== undefined && { minValidityMs: options.minValidity * 1000 }),
    signal: run.signal,
  })
  const { value, scheme, expiresAt, scopes } = token
  // A token is data of a foreign service: what would repaint the terminal has no place in one.
  run.result({ value, scheme, expiresAt, scopes, account }, printable(value))
  return undefined
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('It must be a number of seconds.')
}
