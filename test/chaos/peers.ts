import type { ChaosContext } from './scenario.ts'
import { runWriters, type WritersOptions, type WritersOutcome } from './scenarios/killed-writers.ts'
import { STORE_NAMES, type StoreKind } from './stores/store.ts'

const STORES: readonly StoreKind[] = ['accountry', 'msal', 'locked-json']
const WRITERS = 8

/** What the stores made of the same writers, killed at the same moments of the same seed. */
export interface PeerComparison {
  readonly title: string
  readonly outcomes: ReadonlyMap<StoreKind, WritersOutcome>
}

/**
 * Aims the writers at what an app would use instead: once they are left in peace, once they are killed.
 *
 * The pauses between kills are longer than for the vault alone, so that a peer that takes 100 ms to load gets to write.
 */
export async function comparePeers(context: ChaosContext): Promise<PeerComparison[]> {
  const { writeKills } = context.scale
  const inPeace = { writers: WRITERS, kills: 0, longestPauseMs: 1, goOnMs: 6_000 }
  const killed = { writers: WRITERS, kills: writeKills, longestPauseMs: 600, goOnMs: 1_000 }
  return [
    await compare(`${WRITERS} processes that write without a pause, for 6 s`, inPeace, context),
    await compare(`the same, killed (SIGKILL) at ${writeKills} random moments`, killed, context),
  ]
}

async function compare(
  title: string,
  options: Omit<WritersOptions, 'store'>,
  context: ChaosContext,
): Promise<PeerComparison> {
  const outcomes = new Map<StoreKind, WritersOutcome>()
  for (const store of STORES) outcomes.set(store, await runWriters({ store, ...options }, context))
  return { title, outcomes }
}

/** As a heading and a table of Markdown. */
export function comparisonTable({ title, outcomes }: PeerComparison): string {
  const head = [
    'store',
    'acknowledged writes',
    'accounts that hold another value',
    'writers that failed',
    'longest standstill',
  ]
  const rows = [...outcomes].map(([kind, { acknowledged, differences, failures, longestStandstillMs }]) => [
    STORE_NAMES[kind],
    String(acknowledged),
    differences[0]?.startsWith('nothing can be read') === true ? 'all: unreadable' : String(differences.length),
    String(failures.length),
    `${(longestStandstillMs / 1_000).toFixed(1)} s`,
  ])
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${title}\n\n${lines.join('\n')}\n`
}
