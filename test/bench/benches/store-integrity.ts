import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { releaseTogether, startProcess } from '@accountry/testing'
import { seededRandom } from '../../chaos/random.ts'
import { SHORT } from '../../chaos/scenario.ts'
import { killedWriters } from '../../chaos/scenarios/killed-writers.ts'
import type { MsalStoreAnswer, MsalStoreJob } from '../processes/msal-store-process.ts'
import type { BenchContext, BenchResult, Entry } from '../row.ts'

const PROCESSES = 8
const FOR_MS = 4_000
/** MSAL can wait 50 s for a lock that nobody holds; nobody else does. */
const PATIENCE_MS = 8_000

/** What is left of what was acknowledged, after many processes wrote at once. */
export async function storeIntegrity(context: BenchContext): Promise<BenchResult> {
  context.progress('writers that are killed')
  const { facts, violations } = await killedWriters.run({
    scale: SHORT,
    random: seededRandom(Date.now()),
    progress: () => undefined,
  })
  context.progress('MSAL with writers that nobody kills')
  return {
    rows: [
      {
        id: 'store-integrity',
        work: 'acknowledged writes that are lost when many processes write at once',
        budget: 'none, and the store always opens (60 s and 200 kills: `pnpm chaos --ci`)',
        isMet: violations.length === 0,
        entries: [
          {
            who: 'Accountry',
            unit: 'count',
            p50: violations.length,
            note: `of ${facts['acknowledged']}, with ${facts['kills']} times kill -9`,
          },
          await msalEntry(context),
        ],
      },
    ],
  }
}

async function msalEntry({ scratch }: BenchContext): Promise<Entry> {
  const file = `${scratch}/msal.json`
  const script = new URL('../processes/msal-store-process.ts', import.meta.url)
  const processes = Array.from({ length: PROCESSES }, () => startProcess<MsalStoreJob, MsalStoreAnswer>(script))
  try {
    for (const [index, each] of processes.entries()) each.send({ file, first: index * 10_000 + 1, forMs: FOR_MS })
    await releaseTogether(processes)
    const answers = await Promise.all(
      processes.map(async (each) => await Promise.race([each.next(), delay(FOR_MS + PATIENCE_MS, undefined)])),
    )
    const acknowledged = answers.reduce((sum, answer) => sum + (answer?.acknowledged ?? 0), 0)
    const refused = answers.reduce((sum, answer) => sum + (answer?.refused ?? 0), 0)
    const kept = accountsIn(await readFile(file, 'utf8'))
    const lost = Math.max(acknowledged - (kept ?? 0), 0)
    const state = kept === undefined ? 'the file cannot be parsed any more' : 'the file can be parsed'
    return {
      who: 'MSAL with its extensions',
      unit: 'count',
      p50: lost,
      note: `of ${acknowledged}, ${PROCESSES} processes, no kills; ${state}; ${refused} calls failed`,
    }
  } finally {
    await Promise.all(processes.map((each) => each.kill()))
  }
}

function accountsIn(text: string): number | undefined {
  try {
    return Object.keys((JSON.parse(text) as { Account: object }).Account).length
  } catch {
    return undefined
  }
}
