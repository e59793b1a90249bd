import { firstOutput } from '../fresh-process.ts'
import type { BenchContext, BenchResult, Entry, Row } from '../row.ts'
import { type Timing, timeEntry, timingOf } from '../timing.ts'

const ROUNDS = 21
const EMPTY = './empty.mjs'
const PEERS = ['@azure/msal-node', 'google-auth-library', 'openid-client', 'simple-oauth2'] as const
const SYNC_PEERS = ['p-queue', 'croner', 'bree'] as const

/** What an import costs a program that starts: each in a fresh process, from the published form. */
export async function importCost({ staged, progress }: BenchContext): Promise<BenchResult> {
  const modules = ['@accountry/accounts', 'accountry', '@accountry/sync', ...PEERS, ...SYNC_PEERS, EMPTY]
  const samples = new Map(modules.map((name) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    progress(`imports, round ${round + 1} of ${ROUNDS}`)
    for (const name of modules) samples.get(name)?.push(Number((await firstOutput(staged, ['import.mjs', name])).text))
  }
  const timings = new Map([...samples].map(([name, values]) => [name, timingOf(values)]))
  return {
    rows: [
      row('@accountry/accounts', 15, PEERS, timings),
      row('accountry', 25, PEERS, timings),
      row('@accountry/sync', undefined, SYNC_PEERS, timings),
    ],
  }
}

function row(
  name: string,
  budgetMs: number | undefined,
  peers: readonly string[],
  timings: ReadonlyMap<string, Timing>,
): Row {
  const entryOf = (module: string, who: string): Entry => timeEntry(who, timings.get(module) ?? timingOf([]))
  const entries = [
    entryOf(name, 'Accountry'),
    ...peers.map((peer) => entryOf(peer, peer)),
    entryOf(EMPTY, 'limit: an empty module'),
  ]
  return {
    id: `import-${name}`,
    work: `import ${name} in a fresh process`,
    budget: budgetMs === undefined ? 'none' : `≤ ${budgetMs} ms`,
    isMet: budgetMs === undefined || (entries[0]?.p50 ?? 0) <= budgetMs,
    entries,
  }
}
