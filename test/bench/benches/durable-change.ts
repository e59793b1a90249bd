import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { AccountManager } from '@accountry/accounts'
import lockfile from 'proper-lockfile'
import { createMsal, MSAL_SCOPES, msalAccount, msalCacheWith } from '../peers/msal.ts'
import { msalFilePlugin } from '../peers/msal-extensions.ts'
import type { BenchContext, Entry, Row } from '../row.ts'
import { type Timing, timeEach, timeEntry, timingOf } from '../timing.ts'
import { TOKEN_TYPE } from '../vault.ts'

const CHANGES = 250
/** The first ones meet code that is not compiled yet. */
const WARM_UP = 50
const TOKEN_BYTES = 1_500
const HOUR_MS = 3_600_000

/** One token of one account changes, and has to be there after a power failure. */
export async function durableChangeRow(manager: AccountManager, context: BenchContext): Promise<Row> {
  const accounts = await manager.getAccounts()
  context.progress(`durable changes among ${accounts.length} accounts`)
  const { accountry, bare } = await timeDurableWrites(manager, `${context.scratch}/bare-${accounts.length}.sqlite`)
  const ratio = accountry.p50 / bare.p50
  return {
    id: `durable-change-${accounts.length}`,
    work: `one durable token change among ${accounts.length.toLocaleString('en-US')} accounts`,
    budget: '≤ 2 × a bare 1.5 KB SQLite FULL commit',
    isMet: ratio <= 2,
    entries: [
      timeEntry('Accountry', accountry, `one fsync, sealed and announced; ${ratio.toFixed(2)} × the bare commit`),
      await msalEntry(accounts.length, context),
      await jsonFileEntry(accounts.length, context),
      timeEntry('limit: bare SQLite FULL commit', bare),
    ],
  }
}

/** In turns, because a disk has moods. */
async function timeDurableWrites(manager: AccountManager, file: string): Promise<Record<'accountry' | 'bare', Timing>> {
  const accounts = await manager.getAccounts()
  const samples = { accountry: [] as number[], bare: [] as number[] }
  const commit = openBareDatabase(file)
  for (let round = -WARM_UP; round < CHANGES; round++) {
    const account = accounts[((round + WARM_UP) * 7_919) % accounts.length]
    if (account === undefined) throw new Error('the vault is empty')
    const value = `${round}-`.padEnd(TOKEN_BYTES, 'x')
    const startedAt = performance.now()
    await manager.setAuthToken(account, TOKEN_TYPE, { value, expiresAt: Date.now() + HOUR_MS })
    const storedAt = performance.now()
    commit.run((round + WARM_UP) % accounts.length, value)
    if (round < 0) continue
    samples.accountry.push(storedAt - startedAt)
    samples.bare.push(performance.now() - storedAt)
  }
  commit.close()
  return { accountry: timingOf(samples.accountry), bare: timingOf(samples.bare) }
}

/** The least that SQLite can do for a durable change: one row of one page. */
function openBareDatabase(file: string): { run(id: number, value: string): void; close(): void } {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec('CREATE TABLE token (id INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT')
  const insert = database.prepare('INSERT OR REPLACE INTO token VALUES (?, ?)')
  return {
    run: (id, value) => void insert.run(id, value),
    close: () => database.close(),
  }
}

async function msalEntry(size: number, { scratch }: BenchContext): Promise<Entry> {
  const file = `${scratch}/msal-durable-${size}.json`
  await writeFile(file, await msalCacheWith(size))
  const app = createMsal({ cachePlugin: await msalFilePlugin(file) })
  const request = { account: msalAccount(size - 1), scopes: MSAL_SCOPES, forceRefresh: true }
  const timing = await timeEach(async () => await app.acquireTokenSilent(request), { count: 50, withinMs: 2_000 })
  return timeEntry('MSAL with its extensions', timing, 'rewrites its whole file, without fsync')
}

/** What an app writes by hand: one JSON file, locked, read, changed and replaced. */
async function jsonFileEntry(size: number, { scratch }: BenchContext): Promise<Entry> {
  const file = `${scratch}/tokens-${size}.json`
  const tokens = Object.fromEntries(
    Array.from({ length: size }, (_, number) => [`user${number}`, `${number}-`.padEnd(TOKEN_BYTES, 'x')]),
  )
  await writeFile(file, JSON.stringify(tokens))
  const change = async (round: number): Promise<void> => {
    const release = await lockfile.lock(file)
    const stored = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>
    stored['user0'] = `${round}-`.padEnd(TOKEN_BYTES, 'x')
    await writeFile(file, JSON.stringify(stored))
    await release()
  }
  const timing = await timeEach(change, { count: 100, withinMs: 1_000 })
  return timeEntry('proper-lockfile and a JSON file', timing, 'rewrites the whole file, without fsync')
}
