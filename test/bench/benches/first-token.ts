import { writeFile } from 'node:fs/promises'
import { firstOutput } from '../fresh-process.ts'
import { MSAL_SCOPES, msalAccount, msalCacheWith, msalConfiguration } from '../peers/msal.ts'
import type { BenchContext, BenchResult } from '../row.ts'
import { timeEntry, timingOf } from '../timing.ts'
import { addAccounts, openBenchVault } from '../vault.ts'

const ACCOUNTS = 1_000
const ROUNDS = 15
const LIMIT_MS = 60

/** From the start of a process to a stored token in its hands. */
export async function firstToken({ staged, scratch, progress }: BenchContext): Promise<BenchResult> {
  const vault = `${scratch}/vault`
  {
    await using manager = await openBenchVault(vault)
    await addAccounts(manager, 0, ACCOUNTS)
  }
  const programs = {
    accountry: ['first-token.mjs', vault, `user${ACCOUNTS - 1}@example.com`],
    msal: ['msal-first-token.mjs', await msalFile(scratch), msalSetup()],
    google: ['google-first-token.mjs', await tokenFile(scratch), `user${ACCOUNTS - 1}@example.com`],
    bare: ['nothing.mjs'],
  }
  const samples = new Map(Object.keys(programs).map((name) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    progress(`first tokens, round ${round + 1} of ${ROUNDS}`)
    for (const [name, args] of Object.entries(programs)) {
      samples.get(name)?.push((await firstOutput(staged, args)).milliseconds)
    }
  }
  const timing = (name: keyof typeof programs) => timingOf(samples.get(name) ?? [])
  const over = timing('accountry').p50 - timing('bare').p50
  return {
    rows: [
      {
        id: 'first-token',
        work: `process start to the first stored token, ${ACCOUNTS.toLocaleString('en-US')} accounts`,
        budget: `≤ ${LIMIT_MS} ms over a bare Node process, keychain read excluded`,
        isMet: over <= LIMIT_MS,
        entries: [
          timeEntry('Accountry', timing('accountry'), `${over.toFixed(1)} ms over bare`),
          timeEntry('MSAL with a cache plugin', timing('msal'), 'parses the whole file'),
          timeEntry('google-auth-library and a JSON file', timing('google'), 'nothing is encrypted'),
          timeEntry('limit: bare Node process', timing('bare')),
        ],
      },
    ],
  }
}

async function msalFile(scratch: string): Promise<string> {
  const file = `${scratch}/msal.json`
  await writeFile(file, await msalCacheWith(ACCOUNTS))
  return file
}

function msalSetup(): string {
  const account = msalAccount(ACCOUNTS - 1)
  return JSON.stringify({ configuration: msalConfiguration(), account, scopes: MSAL_SCOPES })
}

async function tokenFile(scratch: string): Promise<string> {
  const file = `${scratch}/tokens.json`
  const expiry = Date.now() + 3_600_000
  const tokens = Array.from({ length: ACCOUNTS }, (_, number) => [
    `user${number}@example.com`,
    { access_token: `access-token-${number}`, refresh_token: `refresh-token-${number}`, expiry_date: expiry },
  ])
  await writeFile(file, JSON.stringify(Object.fromEntries(tokens)))
  return file
}
