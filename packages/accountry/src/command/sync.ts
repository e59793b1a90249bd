import type { SyncExplanation } from '@accountry/sync'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { addSyncNowCommand } from './sync-now.ts'
import { knownTargets, type Target, type TargetStatus, targetStatuses } from './sync-targets.ts'
import { addSyncWatchCommand } from './sync-watch.ts'
import { timeText } from './time-text.ts'

const ACCOUNT = ['[account]', 'name, id, or the beginning of one; otherwise all'] as const
const AUTHORITY = ['[authority]', 'what to synchronise, e.g. tasks; otherwise everything'] as const

export function addSyncCommand(program: Command, runtime: CommandRuntime): void {
  const sync = program.command('sync').description('see, start and switch synchronisation')
  sync
    .command('status')
    .description('when each authority of each account was synchronised, and when it is next')
    .argument(...ACCOUNT)
    .action(runtime.action(showStatus))
  addSyncNowCommand(sync, runtime)
  sync
    .command('enable')
    .description('synchronise automatically')
    .argument(...ACCOUNT)
    .argument(...AUTHORITY)
    .action(runtime.action((run: CommandRun, ...target: TargetHint) => setAutomatic(run, true, ...target)))
  sync
    .command('disable')
    .description('synchronise only when asked')
    .argument(...ACCOUNT)
    .argument(...AUTHORITY)
    .action(runtime.action((run: CommandRun, ...target: TargetHint) => setAutomatic(run, false, ...target)))
  sync
    .command('explain')
    .description('why something is not being synchronised now')
    .argument(...ACCOUNT)
    .argument(...AUTHORITY)
    .action(runtime.action(explain))
  sync
    .command('history')
    .description('the last runs')
    .argument(...ACCOUNT)
    .action(runtime.action(showHistory))
  addSyncWatchCommand(sync, runtime)
}

type TargetHint = [hint: string | undefined, authority: string | undefined]

async function showStatus(run: CommandRun, hint: string | undefined): Promise<undefined> {
  const only = hint === undefined ? undefined : await run.findAccount(hint)
  const accountry = await run.accountryIfAny()
  const rows = accountry === undefined ? [] : await targetStatuses(accountry.accounts, accountry.sync, only)
  run.table(
    rows,
    [
      { heading: 'ACCOUNT', cell: ({ account }) => printable(account.name) },
      { heading: 'AUTHORITY', cell: ({ authority }) => printable(authority) },
      { heading: 'STATE', cell: stateText },
      { heading: 'LAST SUCCESS', cell: ({ status }) => timeText(status?.lastSuccessAt) },
      { heading: 'LAST FAILURE', cell: failureText },
      { heading: 'NEXT', cell: ({ status }) => timeText(status?.nextRunAt) },
    ],
    rows,
    'Nothing is synchronised.',
  )
  return undefined
}

function stateText({ status }: TargetStatus): string {
  if (status?.active) return 'running'
  if (status?.parked !== undefined) return `parked (${printable(status.parked.reason)})`
  return status?.pending ? 'queued' : 'idle'
}

function failureText({ status }: TargetStatus): string {
  if (status?.lastFailureAt === undefined) return '-'
  return `${timeText(status.lastFailureAt)} ${printable(status.lastFailure ?? '')}`.trimEnd()
}

async function setAutomatic(run: CommandRun, on: boolean, ...[hint, authority]: TargetHint): Promise<undefined> {
  const { sync } = await run.accountry()
  if (hint === undefined) {
    await sync.setMasterSyncAutomatically(on)
    run.result({ automatic: on }, `Automatic synchronisation is ${on ? 'on' : 'off'}.`)
    return undefined
  }
  const targets = await targetsFor(run, hint, authority)
  for (const target of targets) await sync.setSyncAutomatically(target, on)
  const names = targets.map(nameOf).join(', ')
  run.result(
    targets.map((target) => ({ ...target, automatic: on })),
    targets.length === 0 ? 'Nothing to switch.' : `${names}: automatic synchronisation is ${on ? 'on' : 'off'}.`,
  )
  return undefined
}

async function explain(run: CommandRun, ...[hint, authority]: TargetHint): Promise<undefined> {
  const rows =
    hint === undefined && (await run.accountryIfAny()) === undefined ? [] : await explained(run, hint, authority)
  const lines = rows.map((row) => `${nameOf(row)}: ${row.state}\n    ${printable(row.text)}`)
  run.result(rows, rows.length === 0 ? 'Nothing is synchronised.' : lines.join('\n'))
  return undefined
}

async function explained(run: CommandRun, ...hint: TargetHint): Promise<(Target & SyncExplanation)[]> {
  const targets = await targetsFor(run, ...hint)
  const { sync } = await run.accountry()
  return await Promise.all(targets.map(async (target) => ({ ...target, ...(await sync.explain(target)) })))
}

async function showHistory(run: CommandRun, hint: string | undefined): Promise<undefined> {
  const filter = hint === undefined ? {} : { account: await run.findAccount(hint) }
  const rows = (await (await run.accountryIfAny())?.sync.getHistory(filter)) ?? []
  run.table(
    rows,
    [
      { heading: 'STARTED', cell: ({ startedAt }) => timeText(startedAt) },
      { heading: 'ACCOUNT', cell: ({ account }) => printable(account.name) },
      { heading: 'AUTHORITY', cell: ({ authority }) => printable(authority) },
      {
        heading: 'OUTCOME',
        cell: ({ outcome, result, message }) =>
          printable(
            [outcome, result === outcome ? '' : `(${result})`, message ?? ''].filter((part) => part !== '').join(' '),
          ),
      },
      { heading: 'MS', cell: ({ durationMs }) => String(Math.round(durationMs)), align: 'right' },
      { heading: 'WHY', cell: ({ reason }) => reason },
    ],
    rows,
    'Nothing has run yet.',
  )
  return undefined
}

/** The authority that was named, known or not; otherwise all that are known. */
async function targetsFor(run: CommandRun, ...[hint, authority]: TargetHint): Promise<Target[]> {
  const { accounts, sync } = await run.accountry()
  const account = hint === undefined ? undefined : await run.findAccount(hint)
  if (account !== undefined && authority !== undefined) return [{ account, authority }]
  return await knownTargets(accounts, sync, account)
}

function nameOf({ account, authority }: Target): string {
  return `${printable(authority)} of ${printable(account.name)}`
}
