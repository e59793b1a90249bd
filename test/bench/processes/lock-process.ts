import { mkdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Database, LEASE_TABLE, Leases, Liveness } from '@accountry/accounts/foundation'
import { connectToTest } from '@accountry/testing'
import type { TokenCacheContext } from '@azure/msal-node'
import lockfile from 'proper-lockfile'

/** Whose lock is taken. */
export type LockKind = 'accountry' | 'msal' | 'proper-lockfile'

export type LockJob =
  /** Takes the lock again and again, and holds it for a while each time. */
  | { readonly kind: 'take-turns'; readonly rounds: number; readonly holdMs: number }
  /** Takes it once, says so, and keeps it until the process is killed. */
  | { readonly kind: 'keep' }

/** When it was asked for, got and given back; instants of the clock that all processes of a machine share. */
export interface Turn {
  readonly askedAt: number
  readonly gotAt: number
  readonly gaveAt: number
}

export type LockNews = { readonly turns: readonly Turn[] } | { readonly gotAt: number }

type Take = () => Promise<() => Promise<unknown>>

const harness = connectToTest<LockJob, LockNews>()
const [kind, folder = ''] = process.argv.slice(2)
const take = await opened(kind as LockKind)
await harness.barrier()
const job = await harness.next()
if (job.kind === 'keep') {
  await take()
  await harness.send({ gotAt: monotonicMs() })
} else {
  const turns: Turn[] = []
  for (let round = 0; round < job.rounds; round++) {
    const askedAt = monotonicMs()
    const give = await take()
    const gotAt = monotonicMs()
    await delay(job.holdMs)
    turns.push({ askedAt, gotAt, gaveAt: monotonicMs() })
    await give()
  }
  await harness.send({ turns })
}

async function opened(lock: LockKind): Promise<Take> {
  switch (lock) {
    case 'accountry':
      return await openLeases()
    case 'msal':
      return await openMsal()
    case 'proper-lockfile':
      return async () => {
        const retries = { forever: true, factor: 1, minTimeout: 10, maxTimeout: 10 }
        return await lockfile.lock(folder, { retries, realpath: false })
      }
  }
}

async function openLeases(): Promise<Take> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = await Database.open({
    file: `${folder}/leases.sqlite`,
    migrations: [LEASE_TABLE],
    applicationId: 0x42656e63,
  })
  const leases = new Leases(database, Liveness.open(`${folder}/alive`))
  return async () => {
    const lease = await leases.acquire('account', { waitMs: 60_000 })
    return async () => await lease?.release()
  }
}

/** MSAL takes its lock round each write of its cache. */
async function openMsal(): Promise<Take> {
  const { msalFilePlugin } = await import('../peers/msal-extensions.ts')
  const plugin = await msalFilePlugin(`${folder}/msal.json`)
  const context = {
    cacheHasChanged: true,
    tokenCache: { deserialize: () => undefined, serialize: () => '{}' },
  } as unknown as TokenCacheContext
  return async () => {
    await plugin.beforeCacheAccess(context)
    return async () => await plugin.afterCacheAccess(context)
  }
}

/** Milliseconds since the machine started: the same for all its processes. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000
}
