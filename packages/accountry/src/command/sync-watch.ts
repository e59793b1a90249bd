import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '@accountry/accounts'
import type { SyncProgress } from '@accountry/sync'
import type { Command } from 'commander'
import { printable } from '../terminal/printable.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { type Target, type TargetStatus, targetStatuses } from './sync-targets.ts'

/** How often a command that watches looks. */
export const LOOK_EVERY_MS = 500

/** What is seen of a target at one moment. */
export interface Sight {
  readonly id: string
  readonly name: string
  readonly target: Target
  readonly status: TargetStatus['status']
  readonly progress?: SyncProgress | undefined
}

/** One thing that happened to a target between two looks. */
export interface SightChange {
  readonly name: string
  readonly what: 'queued' | 'running' | 'synchronised' | 'failed' | 'parked'
  readonly text?: string
}

export function addSyncWatchCommand(sync: Command, runtime: CommandRuntime): void {
  sync
    .command('watch')
    .description('show what is synchronised while it happens, in all programs; Ctrl-C ends it')
    .action(runtime.action(watch))
}

async function watch(run: CommandRun): Promise<number> {
  await run.accountry()
  run.note('Watching. Ctrl-C ends it.')
  let before = new Map<string, Sight>()
  while (!run.signal.aborted) {
    const now = await look(run)
    for (const sight of now.values()) {
      for (const change of changesOf(before.get(sight.id), sight)) show(run, sight.target, change)
    }
    before = now
    await pause(LOOK_EVERY_MS, undefined, { signal: run.signal }).catch(() => undefined)
  }
  return EXIT_CODES.ok
}

/** How everything is that is synchronised, by target. */
export async function look(run: CommandRun): Promise<Map<string, Sight>> {
  const { accounts, sync } = await run.accountry()
  const running = new Map((await sync.getCurrentSyncs()).map((info) => [idOf(info), info.progress]))
  const sights = (await targetStatuses(accounts, sync)).map((target): [string, Sight] => {
    const id = idOf(target)
    const name = `${target.authority} of ${target.account.name}`
    return [
      id,
      {
        id,
        name,
        target: { account: target.account, authority: target.authority },
        status: target.status,
        progress: running.get(id),
      },
    ]
  })
  return new Map(sights)
}

function idOf({ account, authority }: { account: { id: string }; authority: string }): string {
  return `${account.id}\n${authority}`
}

/** What happened between two looks, oldest first. Nothing is known to have happened before the first one. Pure. */
export function changesOf(before: Sight | undefined, now: Sight): SightChange[] {
  const { name, status, progress } = now
  if (status === undefined) return []
  const old = before?.status
  const changes: SightChange[] = []
  if (before !== undefined && status.lastSuccessAt !== old?.lastSuccessAt) changes.push({ name, what: 'synchronised' })
  if (before !== undefined && status.lastFailureAt !== old?.lastFailureAt) {
    changes.push({ name, what: 'failed', ...(status.lastFailure !== undefined && { text: status.lastFailure }) })
  }
  if (status.parked !== undefined && old?.parked === undefined) {
    changes.push({ name, what: 'parked', text: status.parked.reason })
  }
  if (status.pending && !status.active && !(old?.pending === true && !old.active))
    changes.push({ name, what: 'queued' })
  const text = progressText(progress)
  if (status.active && (old?.active !== true || text !== progressText(before?.progress))) {
    changes.push({ name, what: 'running', ...(text !== undefined && { text }) })
  }
  return changes
}

/** A run's progress in words: how much, and what the adapter says. */
export function progressText(progress: SyncProgress | undefined): string | undefined {
  const { done, total, text } = progress ?? {}
  const amount = done === undefined ? undefined : total === undefined ? String(done) : `${done}/${total}`
  const words = [amount, text].filter((word) => word !== undefined)
  return words.length === 0 ? undefined : words.join(' ')
}

function show(run: CommandRun, { account, authority }: Sight['target'], change: SightChange): void {
  run.line(
    { at: systemClock.now(), account, authority, ...change },
    `${new Date().toLocaleTimeString()}  ${changeText(change)}`,
  )
}

/** A change as a line for a person. */
export function changeText({ name, what, text }: SightChange): string {
  return `${printable(name)}: ${what}${text === undefined ? '' : ` (${printable(text)})`}`
}
