import { setTimeout as pause } from 'node:timers/promises'
import type { SyncHandle, SyncOutcome } from '@accountry/sync'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { changesOf, changeText, LOOK_EVERY_MS, look, type Sight } from './sync-watch.ts'

const DEFAULT_TIMEOUT_S = 600
/** After this long without a run, a person is told why. */
const PATIENCE_MS = 5_000

export function addSyncNowCommand(sync: Command, runtime: CommandRuntime): void {
  sync
    .command('now')
    .description('synchronise at once, and wait until it is done')
    .argument('[account]', 'name, id, or the beginning of one; otherwise all')
    .argument('[authority]', 'what to synchronise, e.g. tasks; otherwise everything')
    .option('--no-wait', 'return as soon as it is queued')
    .option('--timeout <seconds>', 'how long to wait; 0 waits for ever', seconds, DEFAULT_TIMEOUT_S)
    .action(runtime.action(syncNow))
}

interface SyncNowOptions {
  readonly wait: boolean
  readonly timeout: number
}

async function syncNow(
  run: CommandRun,
  hint: string | undefined,
  authority: string | undefined,
  options: SyncNowOptions,
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
  const concerns = ({ target }: Sight): boolean =>
    (account === undefined || target.account.id === account.id) &&
    (authority === undefined || target.authority === authority)
  const outcome = await waitFor(run, handle, options.timeout, concerns)
  return outcome === undefined ? stillQueued(run, handle, options.timeout) : ended(run, outcome)
}

/**
 * Waits for the end, and tells a person meanwhile what happens, in whichever process.
 *
 * @returns Nothing when the time is over.
 */
async function waitFor(
  run: CommandRun,
  handle: SyncHandle,
  timeoutS: number,
  concerns: (sight: Sight) => boolean,
): Promise<SyncOutcome | undefined> {
  const finished = new AbortController()
  const waiting = AbortSignal.any([run.signal, finished.signal])
  const progress = run.isJson ? undefined : tellProgress(run, concerns, waiting)
  try {
    const limit = timeoutS === 0 ? untilAborted(waiting) : pause(timeoutS * 1_000, undefined, { signal: waiting })
    // The request stays queued when the person stops waiting for it.
    return await Promise.race([handle.done, limit])
  } finally {
    finished.abort()
    await progress
  }
}

async function tellProgress(run: CommandRun, concerns: (sight: Sight) => boolean, waiting: AbortSignal): Promise<void> {
  let before = new Map<string, Sight>()
  let impatientAfter = PATIENCE_MS / LOOK_EVERY_MS
  while (!waiting.aborted) {
    const now = await look(run)
    const sights = [...now.values()].filter(concerns)
    for (const sight of sights) {
      for (const change of changesOf(before.get(sight.id), sight)) run.note(changeText(change))
    }
    if (sights.some(({ status }) => status?.active)) impatientAfter = Number.POSITIVE_INFINITY
    impatientAfter -= 1
    if (impatientAfter === 0) await tellWhyNot(run, sights)
    before = now
    await pause(LOOK_EVERY_MS, undefined, { signal: waiting }).catch(() => undefined)
  }
}

async function tellWhyNot(run: CommandRun, sights: readonly Sight[]): Promise<void> {
  const { sync } = await run.accountry()
  run.note('Nothing has begun yet. It stays queued until an app that synchronises it runs and may begin:')
  for (const { name, target, status } of sights) {
    if (status?.pending) run.note(`  ${printable(name)}: ${printable((await sync.explain(target)).text)}`)
  }
}

function ended(run: CommandRun, { outcome, reason, attempts, stats, error }: SyncOutcome): number {
  const why = reason === undefined || reason === outcome ? '' : ` (${reason})`
  const result = { outcome, reason, attempts, stats, error }
  run.result(result, outcome === 'success' ? 'Synchronised.' : `It ended as ${outcome}${printable(why)}.`)
  if (outcome === 'success') return EXIT_CODES.ok
  return outcome === 'parked' ? EXIT_CODES.needsPerson : EXIT_CODES.failed
}

function stillQueued(run: CommandRun, { id }: SyncHandle, timeoutS: number): number {
  const text = `Not done after ${timeoutS} s. It stays queued; ${run.name} sync explain says what it waits for.`
  run.result({ id, outcome: 'queued', reason: 'timeout' }, text)
  return EXIT_CODES.tryAgain
}

function queued(run: CommandRun, { id, outcome, reason }: SyncHandle): number {
  const isDropped = outcome === 'dropped'
  run.result(
    { id, outcome, reason },
    isDropped ? `Not queued: ${printable(reason ?? 'no reason was given')}.` : 'Queued.',
  )
  return isDropped ? EXIT_CODES.failed : EXIT_CODES.ok
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function seconds(text: string): number {
  const value = Number(text)
  // The longest wait that a timer of Node can measure.
  if (text.trim() !== '' && value >= 0 && value <= 2_147_483) return value
  throw new InvalidArgumentError('It must be a number of seconds, 0 to 2147483.')
}
