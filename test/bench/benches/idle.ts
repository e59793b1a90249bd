import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchContext, BenchResult, Entry } from '../row.ts'
import { addAccounts, openBenchVault } from '../vault.ts'

const ACCOUNTS = 1_000
/** Compilers and collectors of garbage come to rest. */
const SETTLE_MS = 2_000
const WATCH_MS = 6_000

interface Activity {
  readonly wakeUps: number
  readonly cpuMs: number
}

/** What an open vault costs while nobody asks for anything: batteries notice. */
export async function idle({ staged, scratch, progress }: BenchContext): Promise<BenchResult> {
  if (!existsSync('/proc/self/schedstat')) return { rows: [] }
  const [vault, syncVault] = [`${scratch}/vault`, `${scratch}/sync-vault`]
  for (const directory of [vault, syncVault]) {
    await using manager = await openBenchVault(directory)
    await addAccounts(manager, 0, ACCOUNTS)
  }
  progress(`watching idle processes for ${(SETTLE_MS + WATCH_MS) / 1_000} s`)
  const [open, sync, bare] = await Promise.all([
    watch(staged, ['idle-vault.mjs', vault]),
    watch(staged, ['idle-sync.mjs', syncVault]),
    watch(staged, ['idle-node.mjs']),
  ])
  const { wakeUps, cpuShare } = rates(open)
  return {
    rows: [
      {
        id: 'idle-wake-ups',
        work: `an idle open vault, ${ACCOUNTS.toLocaleString('en-US')} accounts: wake-ups`,
        budget: '≤ 1 per second',
        isMet: wakeUps <= 1,
        entries: [
          entry('Accountry', open, 'per-second'),
          entry('Accountry with an idle sync engine', sync, 'per-second'),
          entry('limit: bare Node process', bare, 'per-second'),
        ],
      },
      {
        id: 'idle-cpu',
        work: `an idle open vault, ${ACCOUNTS.toLocaleString('en-US')} accounts: share of a core`,
        budget: '≤ 0.05 %',
        isMet: cpuShare <= 0.05,
        entries: [
          entry('Accountry', open, 'percent'),
          entry('Accountry with an idle sync engine', sync, 'percent'),
          entry('limit: bare Node process', bare, 'percent'),
        ],
      },
    ],
  }
}

function entry(who: string, activity: Activity, unit: 'per-second' | 'percent'): Entry {
  const { wakeUps, cpuShare } = rates(activity)
  return { who, unit, p50: unit === 'percent' ? cpuShare : wakeUps }
}

function rates({ wakeUps, cpuMs }: Activity): { wakeUps: number; cpuShare: number } {
  return { wakeUps: (wakeUps * 1_000) / WATCH_MS, cpuShare: (cpuMs * 100) / WATCH_MS }
}

/** Starts a program, lets it come to rest, and counts what it does from then on. */
async function watch(cwd: string, args: readonly string[]): Promise<Activity> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    await delay(SETTLE_MS)
    const before = activityOf(child)
    await delay(WATCH_MS)
    const after = activityOf(child)
    return { wakeUps: after.wakeUps - before.wakeUps, cpuMs: after.cpuMs - before.cpuMs }
  } finally {
    child.kill('SIGKILL')
  }
}

/** What Linux has counted for all threads of a process since it started. */
function activityOf({ pid }: ChildProcess): Activity {
  let [wakeUps, cpuMs] = [0, 0]
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    wakeUps += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0)
    const [onCpu = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    cpuMs += Number(onCpu) / 1_000_000
  }
  return { wakeUps, cpuMs }
}
