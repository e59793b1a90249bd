import { firstOutput } from '../fresh-process.ts'
import type { BenchContext, BenchResult, Entry, Row } from '../row.ts'
import { type Timing, timeEntry, timingOf } from '../timing.ts'

const ROUNDS = 15
const EMPTY = './empty.mjs'
const PEERS = ['@azure/msal-node', 'google-auth-library', 'openid-client', 'simple-oauth2'] as const
/** Entry points that no peer resembles. */
const OTHERS = [
  '@accountry/oauth',
  '@accountry/oauth/providers/google',
  '@accountry/keychain',
  '@accountry/http',
  '@accountry/settings',
  'accountry/command',
] as const
const SYNC_PEERS = ['p-queue', 'croner', 'bree'] as const

/** What an import costs a program that starts: each in a fresh process, from the published form. */
export async function importCost({ staged, progress }: BenchContext): Promise<BenchResult> {
  const modules = ['@accountry/accounts', 'accountry', '@accountry/sync', ...OTHERS, ...PEERS, ...SYNC_PEERS, EMPTY]
  const samples = new Map(modules.map((name) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    progress(`imports, round ${round + 1} of ${ROUNDS}`)
    for (const name of modules) samples.get(name)?.push(Number((await firstOutput(staged, ['import.mjs', name])).text))
  }
  const timings = new Map([...samples].map(([name, values]) => [name, timingOf(values)]))
  return {
    rows: [
      row({ name: '@accountry/accounts', budgetMs: 15, peers: PEERS }, timings),
      row({ name: 'accountry', budgetMs: 25, peers: PEERS }, timings),
      row({ name: '@accountry/sync', budgetMs: undefined, peers: SYNC_PEERS }, timings),
      ...OTHERS.map((name) => row({ name, budgetMs: undefined, peers: [] }, timings)),
    ],
  }
}

interface Contest {
  readonly name: string
  readonly budgetMs: number | undefined
  readonly peers: readonly string[]
}

function row({ name, budgetMs, peers }: Contest, timings: ReadonlyMap<string, Timing>): Row {
  const entryOf = (module: string, who: string): Entry => timeEntry(who, timings.get(module) ?? timingOf([]))
  const entries = [
    entryOf(name, 'Accountry'),
    ...peers.map((peer) => entryOf(peer, peer)),
    entryOf(EMPTY, 'limit: an empty module'),
  ]
  const isMet = budgetMs === undefined || (entries[0]?.p50 ?? 0) <= budgetMs
  return {
    id: `import-${name.replace('@accountry/', '').replaceAll('/', '-')}`,
    work: `import ${name} in a fresh process`,
    budget: budgetMs === undefined ? '–' : `≤ ${budgetMs} ms`,
    isMet,
    entries,
    ...(!isMet && { why: 'Nearly all of it is Node finding, reading and compiling the bundles.' }),
  }
}
