import { writeFile } from 'node:fs/promises'
import type { Account, AccountManager } from '@accountry/accounts'
import { OAuth2Client } from 'google-auth-library'
import { do_not_optimize } from 'mitata'
import { type AccessToken, AuthorizationCode } from 'simple-oauth2'
import { createMsal, documentedPlugin, MSAL_SCOPES, msalAccount, msalCacheWith } from '../peers/msal.ts'
import { msalFilePlugin } from '../peers/msal-extensions.ts'
import type { BenchContext, Entry, Row, Series } from '../row.ts'
import { timeCalls, timeEach, timeEntry } from '../timing.ts'
import { TOKEN_TYPE } from '../vault.ts'

const HOUR_MS = 3_600_000
const HOT = 100
const MSAL_SIZES = [1, 10, 100, 500, 1_000] as const

/** Brings every token into memory, as a program that has run for a while has them. */
export async function readAll(manager: AccountManager): Promise<void> {
  for (const account of await manager.getAccounts()) await manager.getAuthToken(account, TOKEN_TYPE)
}

/** One account: what every library can do. */
export async function cachedTokenRow(manager: AccountManager, context: BenchContext): Promise<Row> {
  const [account] = await manager.getAccounts()
  if (account === undefined) throw new Error('the vault is empty')
  const map = new Map([[account.id, { value: 'token' }]])
  const google = googleClient('token')
  const simple = simpleToken('token')
  const timings = await timeCalls({
    accountry: () => manager.getAuthToken(account, TOKEN_TYPE),
    google: () => google.getAccessToken(),
    simple: () => (simple.expired(60) ? undefined : simple.token['access_token']),
    awaited: async () => map.get(account.id),
  })
  return {
    id: 'cached-token-1',
    work: 'a cached token, 1 account',
    budget: '≤ 1 µs',
    isMet: timings.accountry.p50 <= 0.001,
    entries: [
      timeEntry('Accountry', timings.accountry),
      timeEntry('google-auth-library', timings.google, 'one account per client, nothing is stored'),
      timeEntry('simple-oauth2', timings.simple, 'synchronous, nothing is stored'),
      ...(await msalEntries(1, context)),
      timeEntry('limit: bare Map lookup, awaited', timings.awaited),
    ],
  }
}

/** A hundred accounts that are used all the time, among many. */
export async function hotSetRow(manager: AccountManager): Promise<Row> {
  const accounts = await manager.getAccounts()
  const stride = Math.floor(accounts.length / HOT)
  const hot = accounts.filter((_, index) => index % stride === 0).slice(0, HOT)
  const { accountry, awaited } = await timeCalls(lookups(manager, hot, accounts))
  return {
    id: `cached-token-hot-${accounts.length}`,
    work: `a cached token, a hot set of ${HOT} among ${accounts.length.toLocaleString('en-US')} accounts`,
    budget: '≤ 1 µs',
    isMet: accountry.p50 <= 0.001,
    entries: [timeEntry('Accountry', accountry), timeEntry('limit: bare Map lookup, awaited', awaited)],
  }
}

/** Any account, with nothing in the processor's caches but by luck. */
export async function randomRow(manager: AccountManager, context: BenchContext): Promise<Row> {
  const accounts = await manager.getAccounts()
  const isSmall = accounts.length <= 1_000
  const clients = new Map(accounts.slice(0, 1_000).map(({ id, name }) => [id, googleClient(name)]))
  const next = shuffledRounds(accounts.slice(0, 1_000))
  const { accountry, map, awaited, google } = await timeCalls({
    ...lookups(manager, accounts, accounts),
    ...(isSmall && { google: () => clients.get(next().id)?.getAccessToken() }),
  } as Record<'accountry' | 'map' | 'awaited' | 'google', () => unknown>)
  return {
    id: `cached-token-random-${accounts.length}`,
    work: `a cached token, random over all ${accounts.length.toLocaleString('en-US')} accounts`,
    budget: '≤ 3 × a bare Map lookup that is awaited as well',
    isMet: accountry.p50 <= 3 * awaited.p50,
    entries: [
      timeEntry('Accountry', accountry, `${(accountry.p50 / awaited.p50).toFixed(1)} × the awaited lookup`),
      ...(isSmall ? [timeEntry('google-auth-library', google, 'a Map of clients, nothing is stored')] : []),
      ...(isSmall ? await msalEntries(accounts.length, context) : []),
      timeEntry('limit: bare Map lookup, awaited', awaited),
      timeEntry('limit: bare Map lookup, synchronous', map),
    ],
  }
}

/** The points of the plot: a random account among all. */
export async function tokenPoint(manager: AccountManager): Promise<{ token: number; map: number }> {
  const accounts = await manager.getAccounts()
  const { accountry, awaited } = await timeCalls(lookups(manager, accounts, accounts), { rounds: 2, roundMs: 50 })
  return { token: accountry.p50, map: awaited.p50 }
}

export async function msalTokenSeries(context: BenchContext): Promise<Series[]> {
  const points = new Map<string, [number, number][]>()
  for (const size of MSAL_SIZES) {
    for (const { who, p50 } of await msalEntries(size, context))
      points.set(who, [...(points.get(who) ?? []), [size, p50]])
  }
  return [...points].map(([who, measured]) => ({ who, points: measured }))
}

/** MSAL three times: in memory only, and stored in the two ways that its documentation shows. */
async function msalEntries(size: number, { scratch }: BenchContext): Promise<Entry[]> {
  const text = await msalCacheWith(size)
  const file = `${scratch}/msal-${size}.json`
  await writeFile(file, text)
  const memory = createMsal()
  memory.getTokenCache().deserialize(text)
  const account = msalAccount(size - 1)
  const timed = async (app: typeof memory) =>
    await timeEach(async () => await app.acquireTokenSilent({ account, scopes: MSAL_SCOPES }), {
      count: 200,
      withinMs: 500,
    })
  return [
    timeEntry('MSAL', await timed(memory), 'in memory only'),
    timeEntry(
      'MSAL with its extensions',
      await timed(createMsal({ cachePlugin: await msalFilePlugin(file) })),
      'a file',
    ),
    timeEntry('MSAL with a cache plugin', await timed(createMsal({ cachePlugin: documentedPlugin(file) })), 'a file'),
  ]
}

/** The calls that are compared wherever there is more than one account. */
function lookups(
  manager: AccountManager,
  chosen: readonly Account[],
  all: readonly Account[],
): Record<'accountry' | 'awaited' | 'map', () => unknown> {
  const tokens = new Map(all.map((account) => [account.id, { value: account.name, account }]))
  const [next, nextAwaited, nextBare] = [shuffledRounds(chosen), shuffledRounds(chosen), shuffledRounds(chosen)]
  return {
    accountry: () => manager.getAuthToken(next(), TOKEN_TYPE),
    awaited: async () => tokens.get(nextAwaited().id),
    map: () => do_not_optimize(tokens.get(nextBare().id)),
  }
}

/** Goes through the values in a random order, again and again. */
function shuffledRounds<Value>(values: readonly Value[]): () => Value {
  const order = [...values]
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1))
    ;[order[index], order[other]] = [order[other] as Value, order[index] as Value]
  }
  let at = 0
  return () => {
    at = at + 1 < order.length ? at + 1 : 0
    return order[at] as Value
  }
}

function googleClient(token: string): OAuth2Client {
  const client = new OAuth2Client({ clientId: 'client', clientSecret: 'secret' })
  client.setCredentials({ access_token: token, refresh_token: 'refresh', expiry_date: Date.now() + HOUR_MS })
  return client
}

function simpleToken(token: string): AccessToken {
  const client = new AuthorizationCode({
    client: { id: 'client', secret: 'secret' },
    auth: { tokenHost: 'https://example.com' },
  })
  return client.createToken({ access_token: token, refresh_token: 'refresh', expires_in: 3_600 })
}
