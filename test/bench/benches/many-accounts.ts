import type { AccountManager } from '@accountry/accounts'
import type { BenchContext, BenchResult, Row, Series } from '../row.ts'
import { addAccounts, openBenchVault } from '../vault.ts'
import { cachedTokenRow, hotSetRow, msalTokenSeries, randomRow, readAll, tokenPoint } from './cached-tokens.ts'
import { durableChangeRow } from './durable-change.ts'
import { hangingProviderRow } from './hanging-provider.ts'
import { listingPoint, listingRow, msalListingSeries } from './listing.ts'

const SIZES = [1, 10, 100, 500, 1_000, 10_000, 100_000] as const

/** Everything whose cost could grow with the number of accounts, on one vault that grows. */
export async function manyAccounts(context: BenchContext): Promise<BenchResult> {
  const rows: Row[] = []
  const accountry: Record<'tokens' | 'maps' | 'lists', [number, number][]> = { tokens: [], maps: [], lists: [] }
  await using manager = await openBenchVault(`${context.scratch}/vault`)
  let size = 0
  for (const next of SIZES) {
    context.progress(`a vault with ${next} accounts`)
    await addAccounts(manager, size, next)
    size = next
    await readAll(manager)
    const { token, map } = await tokenPoint(manager)
    accountry.tokens.push([size, token])
    accountry.maps.push([size, map])
    accountry.lists.push([size, await listingPoint(manager)])
    rows.push(...(await rowsAt(size, manager, context)))
  }
  context.progress('MSAL with more and more accounts')
  const [tokens, lists] = [await msalTokenSeries(context), await msalListingSeries()]
  return {
    rows,
    plots: [
      {
        id: 'token-latency',
        title: 'A cached token of any account',
        series: [ours(accountry.tokens), ...tokens, bare(accountry.maps)],
      },
      { id: 'listing', title: 'Listing all accounts', series: [ours(accountry.lists), ...lists] },
    ],
  }
}

async function rowsAt(size: number, manager: AccountManager, context: BenchContext): Promise<Row[]> {
  switch (size) {
    case 1:
      return [await cachedTokenRow(manager, context)]
    case 100:
      return [await durableChangeRow(manager, context)]
    case 500:
      return [await listingRow(manager)]
    case 1_000:
      return [await hotSetRow(manager), await randomRow(manager, context)]
    case 10_000:
      return [await durableChangeRow(manager, context)]
    case 100_000:
      return [await hotSetRow(manager), await randomRow(manager, context), await hangingProviderRow(manager, context)]
    default:
      return []
  }
}

function ours(points: [number, number][]): Series {
  return { who: 'Accountry', points }
}

function bare(points: [number, number][]): Series {
  return { who: 'limit: bare Map lookup, awaited', points }
}
