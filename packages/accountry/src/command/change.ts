import type { Account } from '@accountry/accounts'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { UsageError } from './exit-codes.ts'

export function addRenameCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('rename')
    .description('change the name under which an account is listed')
    .argument('<account>', 'name, id, or the beginning of one')
    .argument('<new-name>')
    .action(runtime.action(rename))
}

async function rename(run: CommandRun, hint: string, newName: string): Promise<undefined> {
  const account = await run.findAccount(hint)
  const { accounts } = await run.accountry()
  const renamed = await accounts.renameAccount(account, newName)
  run.result(renamed, `${printable(account.name)} is now ${printable(renamed.name)}.`)
  return undefined
}

export function addReauthCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('reauth')
    .description('sign in again to an account')
    .argument('<account>', 'name, id, or the beginning of one')
    .action(runtime.action(reauth))
}

async function reauth(run: CommandRun, hint: string): Promise<undefined> {
  const { accounts } = await run.unlockedAccountry()
  const account = await run.findAccount(hint)
  const updated = await accounts.updateCredentials(account, { signal: run.signal })
  run.result(updated, `${printable(updated.name)} is signed in again.`)
  return undefined
}

export function addDefaultCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('default')
    .description('show the default account of each type, or choose one')
    .argument('[account]', 'name, id, or the beginning of one')
    .option('--unset <type>', 'have no default account of this type')
    .action(runtime.action(chooseDefault))
}

async function chooseDefault(
  run: CommandRun,
  hint: string | undefined,
  options: { unset?: string },
): Promise<undefined> {
  if (hint !== undefined && options.unset !== undefined) throw new UsageError('Give an account or --unset, not both')
  if (hint === undefined && options.unset === undefined) {
    await showDefaults(run)
    return undefined
  }
  const { accounts } = await run.accountry()
  if (options.unset !== undefined) {
    await accounts.setDefaultAccount(options.unset, undefined)
    run.result({ type: options.unset }, `No default account of ${printable(options.unset)} any more.`)
  } else if (hint !== undefined) {
    const account = await run.findAccount(hint)
    await accounts.setDefaultAccount(account.type, account)
    run.result(account, `${printable(account.name)} is the default account of ${printable(account.type)}.`)
  }
  return undefined
}

async function showDefaults(run: CommandRun): Promise<void> {
  const accounts = (await run.accountryIfAny())?.accounts
  const types = new Set((await accounts?.getAccounts())?.map(({ type }) => type))
  const rows: Account[] = []
  for (const type of types) {
    const account = await accounts?.getDefaultAccount(type)
    if (account !== undefined) rows.push(account)
  }
  run.table(
    rows,
    [
      { heading: 'TYPE', cell: ({ type }) => printable(type) },
      { heading: 'DEFAULT', cell: ({ name }) => printable(name) },
    ],
    rows,
    'No default account.',
  )
}
