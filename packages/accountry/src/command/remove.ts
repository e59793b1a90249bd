import type { Account } from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { EXIT_CODES, UsageError } from './exit-codes.ts'

export function addRemoveCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('remove')
    .alias('rm')
    .description('remove an account from this machine and end its access')
    .argument('<account>', 'name, id, or the beginning of one')
    .option('-y, --yes', 'do not ask')
    .action(runtime.action(remove))
}

async function remove(run: CommandRun, hint: string, options: { yes?: boolean }): Promise<number> {
  const account = await run.findAccount(hint)
  const name = printable(account.name)
  if (options.yes !== true) await confirmRemoval(run, account)
  const { accounts } = await run.accountry()
  const result = await accounts.removeAccount(account, { signal: run.signal })
  if (result === 'denied') throw new AccountError('ERR_DENIED', `${name} may not be removed`, { account })
  run.result({ account, result }, result === 'removed' ? `Removed ${name}.` : `${name} was removed already.`)
  return EXIT_CODES.ok
}

async function confirmRemoval(run: CommandRun, account: Account): Promise<void> {
  if (!run.isInteractive) throw new UsageError('Removing an account needs --yes where nobody can be asked')
  const { confirm } = await import('@clack/prompts')
  const { input, errors } = run.streams
  const message = `Remove ${printable(account.name)} (${printable(account.type)}) for every app that uses this vault?`
  const answer = await confirm({ message, initialValue: false, input, output: errors, signal: run.signal })
  if (answer !== true) throw new AccountError('ERR_INTERACTION_CANCELED', 'Nothing was removed')
}
