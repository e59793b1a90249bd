import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AccountManager } from '@accountry/accounts'
import { startProcess, type TestProcess } from '@accountry/testing'
import { fixedKey } from './fixed-key.ts'
import type { WorkerCommand, WorkerJob, WorkerMessage } from './sync-worker.ts'

export interface ChaosOptions {
  readonly processes: number
  readonly targets: number
  /** How long processes are killed and started. */
  readonly forMs: number
  readonly killEveryMs: number
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number
}

export interface ChaosReport {
  readonly kills: number
  readonly accepted: number
  readonly runs: number
  /**
   * Requests that were stored, and after which no run of their target and extras ended; and runs that a kill cut off, and
   * that nobody began anew.
   */
  readonly lost: readonly string[]
  /** Pairs of runs of one target that were at work at the same time. */
  readonly overlaps: readonly string[]
  /** How long after its process died a run began anew elsewhere. */
  readonly takeoversMs: readonly number[]
}

export type SyncWorker = TestProcess<WorkerJob | WorkerCommand, WorkerMessage>

/** Starts a worker and waits until it has opened the vault. */
export async function startWorker(job: WorkerJob): Promise<SyncWorker> {
  const worker: SyncWorker = startProcess(new URL('./sync-worker.ts', import.meta.url))
  worker.send(job)
  await worker.next(({ kind }) => kind === 'ready')
  return worker
}

/** A folder with a vault of so many accounts, and an empty log. */
export async function prepareVault(targets: number): Promise<{ directory: string; log: string; ids: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'sync-chaos-'))
  const log = join(directory, 'runs.log')
  writeFileSync(log, '')
  const accounts = await AccountManager.open({
    app: { id: 'com.example.chaos' },
    directory,
    keyProvider: fixedKey(),
    authenticators: [
      {
        description: { type: 'com.example', label: 'Example' },
        addAccount: async () => ({ name: 'x' }),
        getAuthToken: async () => ({ value: 'token' }),
      },
    ],
  })
  const ids: string[] = []
  for (let n = 0; n < targets; n++) {
    ids.push((await accounts.addAccountExplicitly({ type: 'com.example', name: `account-${n}` }, {})).id)
  }
  await accounts.close()
  return { directory, log, ids }
}

/** Lets processes that share a vault ask and run, kills them at random, and looks whether anything was lost or doubled. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { random = Math.random } = options
  const { directory, log } = await prepareVault(options.targets)
  const deaths: Death[] = []
  try {
    const job = { directory, log, serves: true, asks: 8, runMs: 20 }
    let workers = await Promise.all(names(options.processes).map((name) => startWorker({ ...job, name })))
    const until = performance.now() + options.forMs
    while (performance.now() < until) {
      await delay(options.killEveryMs * (0.5 + random()))
      const index = Math.floor(random() * workers.length)
      const victim = workers[index]
      if (victim === undefined) continue
      // Before the signal: a survivor may take over before this process hears of the death.
      deaths.push({ pid: victim.pid, at: process.hrtime.bigint() })
      await victim.kill('SIGKILL')
      const reborn = await startWorker({ ...job, name: `p${index}` })
      workers = workers.map((worker, at) => (at === index ? reborn : worker))
    }
    for (const worker of workers) worker.send('stop-asking')
    await Promise.all(
      workers.map(async (worker) => {
        worker.send('drain')
        await worker.next(({ kind }) => kind === 'drained')
        await worker.exited
      }),
    )
    return judge(readFileSync(log, 'utf8'), deaths)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}`)
}

interface Death {
  readonly pid: number
  readonly at: bigint
}

interface Run {
  readonly account: string
  readonly extras: string
  readonly id: string
  readonly startedAt: bigint
  endedAt: bigint | undefined
  /** Its process was killed before it ended. */
  killedAt: bigint | undefined
}

/** Reads the log of a chaos and compares it with what was promised. */
export function judge(log: string, deaths: readonly Death[]): ChaosReport {
  const runs = new Map<string, Run>()
  const accepted: { account: string; extras: string; at: bigint; line: string }[] = []
  for (const line of log.split('\n')) {
    const [kind, at = '0', , account = '', extras = '', id = ''] = line.split(' ')
    if (kind === 'accepted') accepted.push({ account, extras, at: BigInt(at), line })
    else if (kind === 'start') {
      runs.set(id, { account, extras, id, startedAt: BigInt(at), endedAt: undefined, killedAt: undefined })
    } else if (kind === 'end') {
      const run = runs.get(id)
      if (run !== undefined) run.endedAt = BigInt(at)
    }
  }
  for (const run of runs.values()) {
    if (run.endedAt === undefined) run.killedAt = deaths.find(({ pid }) => run.id.startsWith(`${pid}-`))?.at
  }
  const byAccount = Map.groupBy(runs.values(), ({ account }) => account)
  const lost = accepted.filter(({ account, extras, at }) => {
    const candidates = byAccount.get(account) ?? []
    return !candidates.some((run) => run.extras === extras && run.startedAt >= at && run.endedAt !== undefined)
  })
  return {
    kills: deaths.length,
    accepted: accepted.length,
    runs: runs.size,
    lost: [...lost.map(({ line }) => line), ...abandonedOf(runs, byAccount)],
    overlaps: [...byAccount.values()].flatMap(overlapsOf),
    takeoversMs: takeoversOf(runs, byAccount),
  }
}

function overlapsOf(runs: readonly Run[]): string[] {
  const sorted = [...runs].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1))
  return sorted.slice(1).flatMap((run, index) => {
    const before = sorted[index]
    const end = before?.endedAt ?? before?.killedAt
    return before !== undefined && (end === undefined || end > run.startedAt) ? [`${before.id} ${run.id}`] : []
  })
}

/** Milliseconds from the kill of this run to the next one for the same; nothing: there was none. */
function takeoverOf(run: Run, killedAt: bigint, byAccount: ReadonlyMap<string, readonly Run[]>): number | undefined {
  const again = (byAccount.get(run.account) ?? [])
    .filter((other) => other.extras === run.extras && other.startedAt > killedAt)
    .map((other) => Number(other.startedAt - killedAt) / 1e6)
  return again.length > 0 ? Math.min(...again) : undefined
}

function takeoversOf(runs: ReadonlyMap<string, Run>, byAccount: ReadonlyMap<string, readonly Run[]>): number[] {
  return [...runs.values()].flatMap((run) =>
    run.killedAt === undefined ? [] : (takeoverOf(run, run.killedAt, byAccount) ?? []),
  )
}

function abandonedOf(runs: ReadonlyMap<string, Run>, byAccount: ReadonlyMap<string, readonly Run[]>): string[] {
  return [...runs.values()].flatMap((run) => {
    const { killedAt, account, id } = run
    const isAbandoned = killedAt !== undefined && takeoverOf(run, killedAt, byAccount) === undefined
    return isAbandoned ? [`killed and never taken over: ${account} ${id}`] : []
  })
}
