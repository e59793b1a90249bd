import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { releaseTogether, startProcess, type TestProcess } from '@accountry/testing'
import { duration } from '../format.ts'
import type { LockJob, LockKind, LockNews, Turn } from '../processes/lock-process.ts'
import type { BenchContext, BenchResult, Entry, Row } from '../row.ts'
import { type Timing, timeEntry, timingOf } from '../timing.ts'

const PROCESSES = 8
const ROUNDS = 25
const HOLD_MS = 10
const PEER_ROUNDS = 5
/** How long a peer is watched after a death. */
const PATIENCE_MS = 12_000

type LockProcess = TestProcess<LockJob, LockNews>

interface HandOver {
  readonly handOver: Timing
  readonly longestWaitMs: number
}

/** From one process's hands into the next one's, while eight want it. */
export async function handOver(context: BenchContext): Promise<BenchResult> {
  context.progress(`${PROCESSES} processes take turns`)
  const accountry = await takeTurns('accountry', ROUNDS, context)
  const msal = await takeTurns('msal', PEER_ROUNDS, context)
  const lockfile = await takeTurns('proper-lockfile', PEER_ROUNDS, context)
  context.progress('holders are killed')
  const deaths = await killHolders(context)
  const [msalDeath, lockfileDeath] = await Promise.all([
    oneDeath('msal', context),
    oneDeath('proper-lockfile', context),
  ])
  return {
    rows: [
      turnRow(accountry, msal, lockfile),
      waitRow(accountry, msal, lockfile),
      {
        id: 'hand-over-after-kill',
        work: `lock hand-over after kill -9 of the holder, ${PROCESSES} processes`,
        budget: '≤ 100 ms',
        isMet: deaths.p99 <= 100,
        entries: [
          timeEntry('Accountry', deaths),
          deathEntry('MSAL with its extensions', msalDeath),
          deathEntry('proper-lockfile', lockfileDeath),
        ],
      },
    ],
  }
}

function turnRow(accountry: HandOver, msal: HandOver, lockfile: HandOver): Row {
  return {
    id: 'hand-over',
    work: `lock hand-over, ${PROCESSES} processes`,
    budget: 'p99 ≤ 10 ms',
    isMet: accountry.handOver.p99 <= 10,
    entries: [
      timeEntry('Accountry', accountry.handOver, 'first come, first served, durable'),
      timeEntry('MSAL with its extensions', msal.handOver),
      timeEntry('proper-lockfile', lockfile.handOver, 'retried every 10 ms'),
    ],
  }
}

function waitRow(accountry: HandOver, msal: HandOver, lockfile: HandOver): Row {
  const mostMs = 2 * PROCESSES * HOLD_MS
  const entry = (who: string, { longestWaitMs }: HandOver): Entry => ({ who, unit: 'time', p50: longestWaitMs })
  return {
    id: 'longest-wait',
    work: `longest wait for a lock that ${PROCESSES} processes hold for ${HOLD_MS} ms each`,
    budget: `≤ 2 × processes × hold time = ${mostMs} ms`,
    isMet: accountry.longestWaitMs <= mostMs,
    entries: [
      entry('Accountry', accountry),
      entry('MSAL with its extensions', msal),
      entry('proper-lockfile', lockfile),
    ],
  }
}

async function takeTurns(kind: LockKind, rounds: number, context: BenchContext): Promise<HandOver> {
  const processes = startProcesses(PROCESSES, kind, folderOf('turns', kind, context))
  try {
    await releaseTogether(processes)
    for (const each of processes) each.send({ kind: 'take-turns', rounds, holdMs: HOLD_MS })
    const news = await Promise.all(processes.map(async (each) => await each.next()))
    return handOversOf(news.flatMap((each) => ('turns' in each ? each.turns : [])))
  } finally {
    await Promise.all(processes.map((each) => each.kill()))
  }
}

/** Between a process that gives and the next one that gets, when that one was waiting already. */
function handOversOf(turns: readonly Turn[]): HandOver {
  const inOrder = turns.toSorted((a, b) => a.gotAt - b.gotAt)
  const gaps: number[] = []
  for (const [index, { askedAt, gotAt }] of inOrder.entries()) {
    const before = inOrder[index - 1]
    if (before === undefined) continue
    if (gotAt < before.gaveAt) throw new Error('two processes held the lock at once')
    if (askedAt < before.gaveAt) gaps.push(gotAt - before.gaveAt)
  }
  return { handOver: timingOf(gaps), longestWaitMs: Math.max(...turns.map(({ askedAt, gotAt }) => gotAt - askedAt)) }
}

/** Each holder is killed in turn, until one process is left. */
async function killHolders(context: BenchContext): Promise<Timing> {
  const samples: number[] = []
  for (let round = 0; round < 2; round++) {
    const processes = startProcesses(PROCESSES, 'accountry', folderOf(`deaths-${round}`, 'accountry', context))
    try {
      await releaseTogether(processes)
      for (const each of processes) each.send({ kind: 'keep' })
      const waiting = new Map(processes.map((each) => [each, gotIt(each)]))
      let { holder } = await nextHolder(waiting)
      while (waiting.size > 0) {
        // The others have to be in the queue before the holder dies.
        await delay(150)
        const killedAt = monotonicMs()
        void holder.kill()
        const next = await nextHolder(waiting)
        samples.push(next.gotAt - killedAt)
        holder = next.holder
      }
    } finally {
      await Promise.all(processes.map((each) => each.kill()))
    }
  }
  return timingOf(samples)
}

interface Holding {
  readonly holder: LockProcess
  readonly gotAt: number
}

async function gotIt(holder: LockProcess): Promise<Holding> {
  const news = await holder.next()
  return { holder, gotAt: 'gotAt' in news ? news.gotAt : Number.NaN }
}

async function nextHolder(waiting: Map<LockProcess, Promise<Holding>>): Promise<Holding> {
  const next = await Promise.race(waiting.values())
  waiting.delete(next.holder)
  return next
}

/** @returns How long the lock of a dead process stopped another one; `undefined`: longer than anybody was patient. */
async function oneDeath(kind: LockKind, context: BenchContext): Promise<number | undefined> {
  const [holder, other] = startProcesses(2, kind, folderOf('death', kind, context))
  if (holder === undefined || other === undefined) throw new Error('two processes were asked for')
  await using _holder = holder
  await using _other = other
  await releaseTogether([holder, other])
  holder.send({ kind: 'keep' })
  await holder.next()
  other.send({ kind: 'keep' })
  await delay(150)
  const killedAt = monotonicMs()
  await holder.kill()
  const news = await Promise.race([other.next().catch(() => undefined), delay(PATIENCE_MS, undefined)])
  return news !== undefined && 'gotAt' in news ? news.gotAt - killedAt : undefined
}

function deathEntry(who: string, milliseconds: number | undefined): Entry {
  return milliseconds === undefined
    ? { who, unit: 'time', p50: PATIENCE_MS, note: `not within ${duration(PATIENCE_MS)}` }
    : { who, unit: 'time', p50: milliseconds }
}

function folderOf(purpose: string, kind: LockKind, { scratch }: BenchContext): string {
  const folder = `${scratch}/${purpose}-${kind}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (kind === 'msal') writeFileSync(`${folder}/msal.json`, '{}')
  return folder
}

function startProcesses(count: number, kind: LockKind, folder: string): LockProcess[] {
  const script = new URL('../processes/lock-process.ts', import.meta.url)
  return Array.from({ length: count }, () => startProcess<LockJob, LockNews>(script, [kind, folder]))
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1_000_000
}
