import type { AccountManager } from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { UsageError } from './exit-codes.ts'

export function addAddCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('add')
    .description('sign in and add an account')
    .argument('[type]', 'account type, e.g. com.google; asked for when there are several')
    .option('--name <name>', 'the account you want, as a hint for the sign-in page')
    .option('--for <token-type>', 'what the account is needed for')
    .action(runtime.action(add))
}

async function add(
  run: CommandRun,
  typeGiven: string | undefined,
  options: { name?: string; for?: string },
): Promise<undefined> {
  const { accounts } = await run.unlockedAccountry()
  const type = typeGiven ?? (await chooseType(run, accounts))
  const account = await accounts.addAccount(type, {
    ...(options.name !== undefined && { name: options.name }),
    ...(options.for !== undefined && { authTokenType: options.for }),
    signal: run.signal,
  })
  run.result(account, `Added ${printable(account.name)} (${printable(account.type)}).`)
  return undefined
}

async function chooseType(run: CommandRun, accounts: AccountManager): Promise<string> {
  const types = accounts.getAuthenticatorTypes()
  const [only] = types
  if (only === undefined) {
    throw new AccountError(
      'ERR_AUTHENTICATOR_NOT_FOUND',
      'Nothing here knows how to sign in: accounts of this vault are added by the apps that use it',
    )
  }
  if (types.length === 1) return only.type
  const names = types.map(({ type }) => printable(type)).join(', ')
  if (!run.isInteractive) throw new UsageError(`Say which type of account: ${names}`)
  const { isCancel, select } = await import('@clack/prompts')
  const { input, errors } = run.streams
  const options = types.map(({ type, label }) => ({ value: type, label: printable(label), hint: printable(type) }))
  const answer = await select({ message: 'What kind of account?', options, input, output: errors, signal: run.signal })
  if (isCancel(answer)) throw new AccountError('ERR_INTERACTION_CANCELED', 'Nothing was added')
  return answer
}
