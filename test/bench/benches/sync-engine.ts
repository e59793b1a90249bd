import { DatabaseSync } from 'node:sqlite'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Account, Clock } from '@accountry/accounts'
import { systemClock } from '@accountry/accounts'
import { type SyncAccounts, type SyncAdapter, SyncManager } from '@accountry/sync'
import { createFakeSyncEnvironment } from '@accountry/testing'
import Bree from 'bree'
import { Cron } from 'croner'
import PQueue from 'p-queue'
import type { BenchContext, BenchResult } from '../row.ts'
import { type Timing, timeEntry, timingOf } from '../timing.ts'

const TARGETS = 100_000
const BATCH = 1_000
const ROUNDS = 15
const TYPE = 'com.example'
const AUTHORITY = 'tasks'
const LIMIT_MS = 0.03
const LIMIT_BYTES = 1_024

/** Adapters never run here: the machine has no network. What is measured is taking, storing and deciding. */
const ADAPTER: SyncAdapter = {
  accountType: TYPE,
  authority: AUTHORITY,
  isAlwaysSyncable: true,
  onPerformSync: () => Promise.resolve(),
}

/** Requests among very many targets, and what targets cost that nobody asks for. */
export async function syncEngine(context: BenchContext): Promise<BenchResult> {
  const { scratch, progress } = context
  const accounts = Array.from({ length: TARGETS }, (_, number) => accountOf(number))
  const clock = countingClock()
  progress(`a sync engine with ${TARGETS} targets`)
  await makeTargets(scratch, accounts)
  const before = usedBytes()
  const manager = await openManager(scratch, accounts, clock)
  manager.start()
  await manager.whenIdle()
  const bytes = Math.max(0, usedBytes() - before) / TARGETS
  const timers = clock.armed()
  progress('batches of requests')
  const requests = await timeBatches(async (round) => await requestAndDecide(manager, accounts, round))
  await manager.close()
  const explained = `${BATCH.toLocaleString('en-US')} requests in one transaction, each decided on`
  return {
    rows: [
      {
        id: 'sync-request',
        work: `sync: enqueue, store and decide, ${TARGETS.toLocaleString('en-US')} targets, each of ${BATCH.toLocaleString('en-US')}`,
        budget: '≤ 30 µs',
        isMet: requests.p50 <= LIMIT_MS,
        entries: [
          timeEntry('Accountry', requests, explained),
          timeEntry('p-queue', await timeBatches(pQueue), 'in memory: enqueue and decide'),
          timeEntry('croner', await timeBatches(croner), 'in memory: schedule and decide'),
          timeEntry('bree', await timeBatches(bree), 'in memory: enqueue only'),
          timeEntry('limit: bare SQLite inserts', await timeBareInserts(scratch), 'one FULL transaction'),
        ],
        ...(requests.p50 > LIMIT_MS && {
          why: 'Most of it is reading the target and its service from SQLite: once to answer at once, once more in the transaction.',
        }),
      },
      {
        id: 'sync-timers',
        work: `sync: timers of ${TARGETS.toLocaleString('en-US')} targets`,
        budget: '1',
        isMet: timers <= 1,
        entries: [
          { who: 'Accountry', unit: 'count', p50: timers },
          { who: 'croner, bree', unit: 'count', p50: TARGETS, note: 'one for each job' },
        ],
      },
      {
        id: 'sync-memory',
        work: 'sync: memory of an idle target',
        budget: '≤ 1 KB',
        isMet: bytes <= LIMIT_BYTES,
        entries: [
          { who: 'Accountry', unit: 'bytes', p50: bytes, note: 'heap and buffers, its accounts not counted' },
          { who: 'croner', unit: 'bytes', p50: cronerBytes(), note: 'a paused job' },
        ],
      },
    ],
  }
}

async function requestAndDecide(manager: SyncManager, accounts: readonly Account[], round: number): Promise<void> {
  const handles = Array.from({ length: BATCH }, (_, index) => {
    const account = accounts[((round * BATCH + index) * 7_919) % accounts.length]
    if (account === undefined) throw new Error('there are no accounts')
    return manager.requestSync({ account, authority: AUTHORITY, manual: true })
  })
  await Promise.all(handles.map((handle) => handle.accepted))
  await manager.whenIdle()
}

/** Every account gets its target by asking for it once; then nobody wants anything any more. */
async function makeTargets(directory: string, accounts: readonly Account[]): Promise<void> {
  const manager = await openManager(directory, accounts, systemClock)
  for (let first = 0; first < accounts.length; first += BATCH) {
    const handles = accounts
      .slice(first, first + BATCH)
      .map((account) => manager.requestSync({ account, authority: AUTHORITY, manual: true }))
    await Promise.all(handles.map((handle) => handle.accepted))
  }
  await manager.cancelSync()
  await manager.close()
}

function openManager(directory: string, accounts: readonly Account[], clock: Clock): Promise<SyncManager> {
  return SyncManager.open({
    accounts: accountsOf(accounts, directory),
    adapters: [ADAPTER],
    directory,
    clock,
    environment: createFakeSyncEnvironment({ network: 'none' }),
  })
}

/** What the engine needs of an AccountManager, over accounts that never change. */
function accountsOf(accounts: readonly Account[], directory: string): SyncAccounts {
  const byId = new Map(accounts.map((account) => [account.id, account]))
  const nothing = (): Promise<never> => Promise.reject(new Error('no run needs this here'))
  const source = {
    directory,
    getAccounts: () => Promise.resolve([...accounts]),
    getAccount: (id: string) => Promise.resolve(byId.get(id)),
    getAccountInfo: nothing,
    getAuthToken: nothing,
    invalidateAuthToken: nothing,
    getAuthenticatorTypes: () => [],
    on: () => source,
    off: () => source,
  }
  return source as unknown as SyncAccounts
}

function accountOf(number: number): Account {
  return { id: crypto.randomUUID(), type: TYPE, name: `user${number}@example.com` }
}

function countingClock(): Clock & { armed(): number } {
  const armed = new Set<symbol>()
  return {
    ...systemClock,
    armed: () => armed.size,
    setTimer(run, afterMs) {
      const timer = Symbol('timer')
      armed.add(timer)
      const cancel = systemClock.setTimer(() => {
        armed.delete(timer)
        run()
      }, afterMs)
      return () => {
        armed.delete(timer)
        cancel()
      }
    },
  }
}

/** @returns Milliseconds for one of a batch. */
async function timeBatches(batch: (round: number) => unknown): Promise<Timing> {
  const each: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    await batch(round)
    each.push((performance.now() - startedAt) / BATCH)
  }
  return timingOf(each)
}

async function pQueue(): Promise<void> {
  const queue = new PQueue({ concurrency: 5 })
  const runs = Array.from({ length: BATCH }, () => queue.add(() => undefined))
  await Promise.all(runs)
}

function croner(round: number): void {
  for (let index = 0; index < BATCH; index++) {
    const job = new Cron('*/15 * * * *', { paused: true, name: `${round}-${index}` }, () => undefined)
    job.nextRun()
    job.stop()
  }
}

async function bree(): Promise<void> {
  const scheduler = new Bree({ root: false, logger: false, jobs: [] })
  const path = import.meta.filename
  await scheduler.add(Array.from({ length: BATCH }, (_, index) => ({ name: `job-${index}`, path, interval: '15m' })))
}

async function timeBareInserts(folder: string): Promise<Timing> {
  const database = new DatabaseSync(`${folder}/bare.sqlite`)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec('CREATE TABLE operation (id TEXT PRIMARY KEY, target INTEGER NOT NULL, due INTEGER NOT NULL) STRICT')
  const insert = database.prepare('INSERT INTO operation VALUES (?, ?, ?)')
  const timing = await timeBatches(() => {
    database.exec('BEGIN')
    for (let index = 0; index < BATCH; index++) insert.run(crypto.randomUUID(), index, Date.now())
    database.exec('COMMIT')
  })
  database.close()
  return timing
}

function cronerBytes(): number {
  const before = usedBytes()
  const jobs = Array.from({ length: BATCH * 10 }, () => new Cron('*/15 * * * *', { paused: true }, () => undefined))
  const bytes = (usedBytes() - before) / jobs.length
  for (const job of jobs) job.stop()
  return bytes
}

/** After everything that nobody refers to is gone. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
