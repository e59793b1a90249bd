import type { AccountManager } from '@accountry/accounts'
import { createMsal, msalCacheWith } from '../peers/msal.ts'
import type { Row, Series } from '../row.ts'
import { timeCalls, timeEach, timeEntry } from '../timing.ts'

const MSAL_SIZES = [1, 10, 100, 500, 1_000] as const

export async function listingRow(manager: AccountManager): Promise<Row> {
  const accounts = await manager.getAccounts()
  const map = new Map(accounts.map((account) => [account.id, account]))
  const { accountry, awaited } = await timeCalls({
    accountry: () => manager.getAccounts(),
    awaited: async () => [...map.values()],
  })
  const msal = await timeMsal(accounts.length, 5)
  return {
    id: `list-${accounts.length}`,
    work: `list ${accounts.length} accounts`,
    budget: '≤ 0.05 ms',
    isMet: accountry.p50 <= 0.05,
    entries: [
      timeEntry('Accountry', accountry, 'those that the app may see'),
      timeEntry('MSAL', msal, 'in memory only'),
      timeEntry('limit: the values of a Map, awaited', awaited),
    ],
  }
}

/** A point of the plot. */
export async function listingPoint(manager: AccountManager): Promise<number> {
  const { accountry } = await timeCalls({ accountry: () => manager.getAccounts() }, { rounds: 2, roundMs: 50 })
  return accountry.p50
}

export async function msalListingSeries(): Promise<Series[]> {
  const points: [number, number][] = []
  for (const size of MSAL_SIZES) points.push([size, (await timeMsal(size, 20)).p50])
  return [{ who: 'MSAL, in memory', points }]
}

async function timeMsal(size: number, count: number): Promise<Awaited<ReturnType<typeof timeEach>>> {
  const app = createMsal()
  app.getTokenCache().deserialize(await msalCacheWith(size))
  return await timeEach(async () => await app.getAllAccounts(), { count, withinMs: 1_000 })
}
