import type { AccountInfo, AccountManager } from '@accountry/accounts'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { NoVaultError } from './exit-codes.ts'
import { timeText } from './time-text.ts'

/** One account as `list --json` and every command that returns an account shows it. */
export interface ListedAccount {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly state: string
  readonly reason?: string
  /** Epoch milliseconds. */
  readonly retryAt?: number
  readonly isDefault: boolean
  readonly lastAuthenticatedAt?: number
}

export function addListCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('list')
    .alias('ls')
    .description('list the accounts and how they are')
    .option('--type <type>', 'only accounts of this type')
    .action(runtime.action(list))
}

async function list(run: CommandRun, options: { type?: string }): Promise<undefined> {
  const accountry = await run.accountryIfAny()
  if (accountry === undefined) run.note(new NoVaultError(run.name).message)
  const rows = accountry === undefined ? [] : await listedAccounts(accountry.accounts, options.type)
  run.table(
    rows,
    [
      { heading: 'NAME', cell: ({ name, isDefault }) => printable(name) + (isDefault ? ' *' : '') },
      { heading: 'TYPE', cell: ({ type }) => printable(type) },
      {
        heading: 'STATE',
        cell: ({ state, reason }) => printable(reason === undefined ? state : `${state} (${reason})`),
      },
      { heading: 'LAST SIGN-IN', cell: ({ lastAuthenticatedAt }) => timeText(lastAuthenticatedAt) },
    ],
    rows,
    'No accounts yet.',
  )
  if (accountry !== undefined && rows.length === 0) run.note(`Add one: ${run.name} add`)
  if (rows.some(({ isDefault }) => isDefault)) run.note('* default account of its type')
  for (const { name, state } of rows) {
    if (NEEDS_SIGN_IN.has(state)) run.note(`${printable(name)} needs you: ${run.name} reauth "${printable(name)}"`)
  }
  return undefined
}

const NEEDS_SIGN_IN: ReadonlySet<string> = new Set(['needs-reauth', 'needs-interaction', 'identity-changed'])

async function listedAccounts(accounts: AccountManager, type: string | undefined): Promise<ListedAccount[]> {
  const infos = await accounts.getAccountInfos(type === undefined ? {} : { type })
  const defaults = new Set<string>()
  for (const each of new Set(infos.map(({ account }) => account.type))) {
    const account = await accounts.getDefaultAccount(each)
    if (account !== undefined) defaults.add(account.id)
  }
  return infos.map((info) => listed(info, defaults.has(info.account.id)))
}

function listed(info: AccountInfo, isDefault: boolean): ListedAccount {
  const { account, state, reason, retryAt, lastAuthenticatedAt } = info
  return {
    ...account,
    state,
    ...(reason !== undefined && { reason }),
    ...(retryAt !== undefined && { retryAt }),
    isDefault,
    ...(lastAuthenticatedAt !== undefined && { lastAuthenticatedAt }),
  }
}
