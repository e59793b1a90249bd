import type { Account, ImportPlan } from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import { type Command, Option } from 'commander'
import { printable } from '../../terminal/printable.ts'
import { renderTable } from '../../terminal/table.ts'
import type { CommandRun, CommandStreams } from '../command-run.ts'
import type { CommandRuntime } from '../command-runtime.ts'
import { UsageError } from '../exit-codes.ts'
import { keyOfExport } from './export-key.ts'
import { readLimited } from './private-file.ts'

/** Of text, as the library reads at most. */
const MAX_EXPORT_BYTES = 64 * 1_024 * 1_024

interface ImportOptions {
  readonly keyFile?: string
  readonly ifExists: 'keep' | 'update'
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function addImportCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('import')
    .description('add the accounts of a file that export wrote')
    .argument('<file>', 'the encrypted file')
    .option('--key-file <file>', 'where its key is; - reads it from stdin; otherwise it is asked for')
    .addOption(
      new Option(
        '--if-exists <what>',
        'what becomes of an account that is here already: update takes newer credentials',
      )
        .choices(['keep', 'update'])
        .default('keep'),
    )
    .option('--dry-run', 'only say what would happen')
    .option('-y, --yes', 'do not ask')
    .action(runtime.action(importAccounts))
}

async function importAccounts(run: CommandRun, file: string, options: ImportOptions): Promise<undefined> {
  const { ifExists } = options
  if (options.yes !== true && options.dryRun !== true && !run.isInteractive) {
    throw new UsageError('Importing needs --yes (or --dry-run) where nobody can be asked')
  }
  const limits = { what: 'an export', maxBytes: MAX_EXPORT_BYTES, isSecret: false }
  const jwe = (await readLimited(file, limits))?.trim() ?? ''
  if (jwe === '') throw new UsageError(`${printable(file)} is not there, or empty`)
  const key = await keyOfExport(run, options.keyFile)
  const { accounts } = await run.unlockedAccountry()
  const plan = await accounts.planImport(jwe, { key, ifExists })
  const changes = plan.add.length + plan.update.length
  if (options.dryRun === true) {
    run.result({ isDryRun: true, ...plan }, changes === 0 ? NOTHING : planText(plan, run.streams.output))
    return undefined
  }
  if (changes > 0) {
    run.note(planText(plan, run.streams.errors))
    if (options.yes !== true) await confirmImport(run, changes)
  }
  const result = await accounts.import(jwe, { key, ifExists })
  const { added, updated, kept } = result
  const text = `Imported: ${added.length} added, ${updated.length} updated, ${kept.length} left as they were.`
  run.result(result, added.length + updated.length === 0 ? NOTHING : text)
  return undefined
}

const NOTHING = 'There is nothing to import: every account of the file is here already.'

function planText({ add, update, keep }: ImportPlan, { isTTY, columns }: CommandStreams['output']): string {
  const rows = [
    ...add.map((account) => ({ what: 'add', account })),
    ...update.map((account) => ({ what: 'update', account })),
    ...keep.map((account) => ({ what: 'keep', account })),
  ]
  return renderTable<{ what: string; account: Pick<Account, 'type' | 'name'> }>(
    [
      { heading: '', cell: ({ what }) => what },
      { heading: 'NAME', cell: ({ account }) => printable(account.name) },
      { heading: 'TYPE', cell: ({ account }) => printable(account.type) },
    ],
    rows,
    isTTY === true && columns !== undefined ? { width: columns } : {},
  )
}

async function confirmImport(run: CommandRun, changes: number): Promise<void> {
  const { confirm } = await import('@clack/prompts')
  const { input, errors } = run.streams
  const message = `Import ${changes} account${changes === 1 ? '' : 's'} into this vault?`
  const answer = await confirm({ message, initialValue: false, input, output: errors, signal: run.signal })
  if (answer !== true) throw new AccountError('ERR_INTERACTION_CANCELED', 'Nothing was imported')
}
