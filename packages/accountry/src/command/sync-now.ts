import type { SyncHandle } from '@accountry/sync'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { progressText } from './sync-watch.ts'

export function addSyncNowCommand(sync: Command, runtime: CommandRuntime): void {
  sync
    .command('now')
    .description('synchronise at once')
    .argument('[account]', 'name, id, or the beginning of one; otherwise all')
    .argument('[authority]', 'what to synchronise, e.g. tasks; otherwise everything')
    .option('--no-wait', 'return as soon as it is queued')
    .action(runtime.action(syncNow))
}

async function syncNow(
  run: CommandRun,
  hint: string | undefined,
  authority: string | undefined,
  options: { wait: boolean },
): Promise<number> {
  const { sync } = await run.accountry()
  const account = hint === undefined ? undefined : await run.findAccount(hint)
  const isPerformedHere = sync.getSyncAdapterTypes().length > 0
  if (isPerformedHere) sync.start()
  const wishes = { manual: true, expedited: true }
  const handle = sync.requestSync({ ...wishes, ...(account && { account }), ...(authority && { authority }) })
  await handle.accepted
  if (!options.wait || handle.outcome === 'dropped') return queued(run, handle)
  if (!isPerformedHere) run.note('Queued. An app that is running performs it; waiting. Ctrl-C stops the waiting only.')
  sync.on('sync:progress', ({ authority: name, account: { name: of }, progress }) => {
    run.note(printable(`${name} of ${of}: ${progressText(progress) ?? 'working'}`))
  })
  const { outcome, reason, attempts, stats, error } = await untilAborted(handle.done, run.signal)
  const why = reason === undefined || reason === outcome ? '' : ` (${reason})`
  const result = { outcome, reason, attempts, stats, error }
  run.result(result, `${outcome === 'success' ? 'Synchronised.' : `It ended as ${outcome}${printable(why)}.`}`)
  if (outcome === 'success') return EXIT_CODES.ok
  return outcome === 'parked' ? EXIT_CODES.needsPerson : EXIT_CODES.failed
}

function queued(run: CommandRun, { id, outcome, reason }: SyncHandle): number {
  const isDropped = outcome === 'dropped'
  run.result(
    { id, outcome, reason },
    isDropped ? `Not queued: ${printable(reason ?? 'no reason was given')}.` : 'Queued.',
  )
  return isDropped ? EXIT_CODES.failed : EXIT_CODES.ok
}

/** The request stays queued when the person stops waiting for it. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([promise, aborted])
}
