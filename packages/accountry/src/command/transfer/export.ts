import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Account, AccountError } from '@accountry/accounts'
import type { Command } from 'commander'
import { printable } from '../../terminal/printable.ts'
import type { CommandRun } from '../command-run.ts'
import type { CommandRuntime } from '../command-runtime.ts'
import { UsageError } from '../exit-codes.ts'
import { keyForExport } from './export-key.ts'
import { writePrivateFile } from './private-file.ts'

const WHAT_IS_IN_IT = `
The file holds names, refresh tokens and passwords, user data, and to which service and client they belong, encrypted
with the key (a JWE with A256GCM). It does not hold: access tokens, which app may use what, default accounts, what is
synchronised and when, and the settings of the apps. Keep key and file apart: together they are the accounts.

The key is 32 bytes as base64. A key file that is not there is made, readable for you alone; one that is there is used.`

interface ExportOptions {
  readonly to: string
  readonly keyFile: string
}

export function addExportCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('export')
    .description('write accounts with their credentials into an encrypted file, for another machine or vault')
    .argument('[account...]', 'names, ids, or the beginnings of some; otherwise all')
    .requiredOption('--to <file>', 'the file to write; it must not be there yet')
    .requiredOption('--key-file <file>', 'where the key is, or is put; - reads it from stdin')
    .addHelpText('after', WHAT_IS_IN_IT)
    .action(runtime.action(exportAccounts))
}

async function exportAccounts(
  run: CommandRun,
  hints: readonly string[],
  { to, keyFile }: ExportOptions,
): Promise<undefined> {
  if (resolve(to) === resolve(keyFile)) throw new UsageError('The key and the export need a file each')
  if (existsSync(to)) throw new UsageError(`${printable(to)} is there already. It is not overwritten`)
  const { accounts: manager } = await run.unlockedAccountry()
  const accounts = await chosen(run, hints)
  const { key, isNew, discard } = await keyForExport(run, keyFile)
  try {
    run.note(`Exporting ${counted(accounts)} …`)
    await writePrivateFile(to, `${await manager.export({ key, accounts })}\n`)
  } catch (error) {
    await discard()
    throw error
  }
  const keyText = isNew ? `The new key is in ${printable(keyFile)}; keep it apart from the file.` : ''
  const lines = [`Exported ${counted(accounts)} to ${printable(to)}.`, keyText]
  run.result({ file: to, keyFile, isNewKey: isNew, accounts }, lines.filter((line) => line !== '').join('\n'))
  run.note('Use an account in one place only: many services end its access when two places renew its token.')
  return undefined
}

async function chosen(run: CommandRun, hints: readonly string[]): Promise<readonly Account[]> {
  const { accounts } = await run.accountry()
  if (hints.length === 0) {
    const all = await accounts.getAccounts()
    if (all.length > 0) return all
    throw new AccountError('ERR_ACCOUNT_NOT_FOUND', 'There is no account to export')
  }
  const found = new Map<string, Account>()
  for (const hint of hints) {
    const account = await run.findAccount(hint)
    found.set(account.id, account)
  }
  return [...found.values()]
}

function counted({ length }: readonly unknown[]): string {
  return `${length} account${length === 1 ? '' : 's'}`
}
