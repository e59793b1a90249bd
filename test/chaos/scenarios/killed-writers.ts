import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Write, WriterMessage } from '../processes/writer.ts'
import type { ChaosContext, ChaosReport, Scenario } from '../scenario.ts'
import { makeScratch } from '../scratch.ts'
import { openStore, type StoreKind } from '../stores/store.ts'

export interface WritersOptions {
  readonly store: StoreKind
  readonly writers: number
  readonly kills: number
  /** A kill follows the one before within this time. */
  readonly longestPauseMs: number
  /** How long all go on after the last kill. */
  readonly goOnMs: number
}

/** What is known of each account: the last acknowledged value, and the one that was on its way. */
class Ledger {
  readonly acknowledged = new Map<string, string | undefined>()
  readonly onTheWay = new Map<string, Write>()
  acknowledgements = 0
  /** The longest time in which no write of anybody was acknowledged, since the first. */
  longestStandstillMs = 0
  #lastAt: number | undefined

  note(message: WriterMessage): void {
    if ('begin' in message) this.onTheWay.set(message.begin.name, message.begin)
    if (!('done' in message)) return
    this.acknowledgements += 1
    this.end()
    this.#lastAt = performance.now()
    this.acknowledged.set(message.done.name, message.done.value)
    this.onTheWay.delete(message.done.name)
  }

  /** Counts the time since the last acknowledgement too. */
  end(): void {
    const standstillMs = performance.now() - (this.#lastAt ?? performance.now())
    this.longestStandstillMs = Math.max(this.longestStandstillMs, standstillMs)
  }

  /** After a death the write that was on its way counts as possible until the next one is acknowledged. */
  allows(name: string, found: string | undefined): boolean {
    const pending = this.onTheWay.get(name)
    return found === this.acknowledged.get(name) || (pending !== undefined && found === pending.value)
  }
}

class WriterProcess {
  readonly failures: string[] = []
  /** Resolves when it has opened the store, or will not any more. */
  readonly opened: Promise<void>
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  constructor(store: StoreKind, folder: string, name: string, ledger: Ledger) {
    const script = fileURLToPath(new URL('../processes/writer.ts', import.meta.url))
    this.#child = fork(script, [store, folder, name], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#closed = once(this.#child, 'close')
    const { promise, resolve } = Promise.withResolvers<void>()
    this.opened = promise
    this.#child.once('close', resolve)
    this.#child.on('message', (message: WriterMessage) => {
      if ('opened' in message) resolve()
      if ('failed' in message) this.failures.push(message.failed)
      else ledger.note(message)
    })
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}

export const killedWriters: Scenario = {
  name: 'killed writers',
  promise: 'every acknowledged write is there after a kill, the vault always opens, no account is half-written',
  async run(context: ChaosContext): Promise<ChaosReport> {
    const options: WritersOptions = {
      store: 'accountry',
      writers: 4,
      kills: context.scale.writeKills,
      longestPauseMs: 120,
      // Every writer gets going once more, so that the last restarts count too.
      goOnMs: 1_000,
    }
    const { acknowledged, kills, failures, differences } = await runWriters(options, context)
    return { facts: { kills, acknowledged }, violations: [...failures, ...differences] }
  },
}

export interface WritersOutcome {
  readonly acknowledged: number
  readonly kills: number
  readonly longestStandstillMs: number
  /** Errors that a writer met; it stops at the first. */
  readonly failures: readonly string[]
  /** Accounts that do not hold what was acknowledged last, or the one reason why nothing can be read. */
  readonly differences: readonly string[]
}

/** Lets processes write into one store at once, kills them at random, and looks at what is left. */
export async function runWriters(
  { store, writers: count, kills, longestPauseMs, goOnMs }: WritersOptions,
  { random, progress }: Pick<ChaosContext, 'random' | 'progress'>,
): Promise<WritersOutcome> {
  await using scratch = await makeScratch()
  const { folder } = scratch
  const ledger = new Ledger()
  const failures: string[] = []
  const start = (index: number) => new WriterProcess(store, folder, `writer${index}`, ledger)
  const writers = Array.from({ length: count }, (_, index) => start(index))
  // Eight programs that load at once take seconds of a small machine; only then there is something to kill.
  await Promise.all(writers.map(({ opened }) => opened))
  for (let kill = 1; kill <= kills; kill++) {
    await delay(random.below(longestPauseMs))
    const index = random.below(count)
    await writers[index]?.kill()
    failures.push(...(writers[index]?.failures ?? []))
    writers[index] = start(index)
    progress(`${kill} of ${kills} kills`)
  }
  await delay(goOnMs)
  ledger.end()
  for (const writer of writers) {
    await writer.kill()
    failures.push(...writer.failures)
  }
  const differences = await differencesIn(store, folder, ledger)
  const { acknowledgements: acknowledged, longestStandstillMs } = ledger
  return { acknowledged, kills: kills + count, longestStandstillMs, failures, differences }
}

async function differencesIn(kind: StoreKind, folder: string, ledger: Ledger): Promise<string[]> {
  const store = await openStore(kind, folder)
  try {
    const found: string[] = []
    const names = new Set([...ledger.acknowledged.keys(), ...ledger.onTheWay.keys()])
    for (const name of await store.names()) if (!names.has(name)) found.push(`${name} was never written`)
    for (const name of names) {
      const value = await store.read(name)
      if (!ledger.allows(name, value)) {
        found.push(`${name} holds ${value}, acknowledged was ${ledger.acknowledged.get(name)}`)
      }
    }
    return found
  } catch (error) {
    return [`nothing can be read: ${String(error)}`]
  } finally {
    await store.close()
  }
}
