import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AccountError } from '../errors.ts'
import { abortedWait, type BusyOptions, retryWhileBusy } from './busy.ts'

/** For how long writes follow each other before everything else in the process gets a turn. */
const LONGEST_BURST_MS = 8

/** One write that waits for its turn. */
interface Waiting {
  readonly run: () => unknown
  readonly patience: BusyOptions
  /** Shares its transaction with nobody. */
  readonly isSolitary: boolean
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** How a write that had its turn ends, once it is known whether the transaction stands. */
type Ending = { readonly write: Waiting } & ({ readonly result: unknown } | { readonly error: unknown })

/** What the queue needs of the database. All of it is synchronous. */
export interface Transactions {
  /** A failed write on a full disk may have ended the transaction by itself. */
  readonly isOpen: boolean
  /** Throws while another process writes. */
  begin(): void
  /** Runs a part that fails alone: nothing of it stays, and the others do; or, when that cannot be had, nothing at all. */
  part(run: () => unknown): unknown
  commit(): void
  /** Never throws: what a transaction that cannot be ended has written is not durable either way. */
  rollback(): void
}

/**
 * Writes of one process, in the order in which they were asked for.
 *
 * What waits at the same time is written in one transaction, so that all of it costs one sync of the disk: with many
 * accounts that renew at once, the disk is what everybody waits for.
 */
export class WriteQueue {
  readonly #transactions: Transactions
  readonly #waiting: Waiting[] = []
  #isEmptying = false

  constructor(transactions: Transactions) {
    this.#transactions = transactions
  }

  /**
   * Resolves when `run` is durable. Rejects with what it threw, or what kept it from being written.
   *
   * @param isSolitary For a write after which memory must not follow before it is durable: no other one sees it before.
   */
  add<T>(run: () => T, patience: BusyOptions, isSolitary: boolean = false): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({ run, patience, isSolitary, resolve: resolve as (result: unknown) => void, reject })
    if (!this.#isEmptying) void this.#empty()
    return promise
  }

  async #empty(): Promise<void> {
    this.#isEmptying = true
    let burstAt = performance.now()
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        await retryWhileBusy(() => this.#writeTogether(), next.patience)
      } catch (error) {
        // Only the first gives up: those behind it may have more patience, and are asked next.
        if (this.#waiting[0] === next) this.#waiting.shift()
        next.reject(error)
      }
      if (performance.now() - burstAt > LONGEST_BURST_MS) {
        await nextTurn()
        burstAt = performance.now()
      }
    }
    this.#isEmptying = false
  }

  /** Everything that waits, or as much as fits into one turn. Throws, with nothing taken, while another process writes. */
  #writeTogether(): void {
    const transactions = this.#transactions
    transactions.begin()
    const endings: Ending[] = []
    const begunAt = performance.now()
    for (let write = this.#waiting[0]; write !== undefined; write = this.#waiting[0]) {
      if (write.isSolitary && endings.length > 0) break
      this.#waiting.shift()
      const isAlone = endings.length === 0 && (write.isSolitary || this.#waiting.length === 0)
      endings.push(this.#ranIn(write, isAlone))
      const isOver = isAlone || performance.now() - begunAt > LONGEST_BURST_MS
      if (isOver || !transactions.isOpen) break
    }
    this.#end(endings)
  }

  #ranIn(write: Waiting, isAlone: boolean): Ending {
    const { run, patience } = write
    if (patience.signal?.aborted === true) return { write, error: abortedWait(patience.what) }
    try {
      return { write, result: isAlone ? run() : this.#transactions.part(run) }
    } catch (error) {
      if (isAlone) this.#transactions.rollback()
      return { write, error }
    }
  }

  #end(endings: readonly Ending[]): void {
    const lost = this.#commitError(endings)
    for (const ending of endings) {
      if ('error' in ending) ending.write.reject(ending.error)
      else if (lost !== undefined) ending.write.reject(lost)
      else ending.write.resolve(ending.result)
    }
  }

  /** Why what ran without an error does not stand all the same. */
  #commitError(endings: readonly Ending[]): unknown {
    const last = endings.at(-1)
    try {
      if (this.#transactions.isOpen) this.#transactions.commit()
      // The one that ended the transaction took with it what was written before it.
      else if (last !== undefined && 'error' in last) return last.error
      else return endedEarly(last?.write.patience.what ?? 'writing')
      return undefined
    } catch (error) {
      this.#transactions.rollback()
      return error
    }
  }
}

/** The database ended the transaction by itself, and whoever wrote last did not tell. */
function endedEarly(what: string): AccountError {
  return new AccountError('ERR_STORAGE_WRITE', `${what}: the database gave the change up; try again`, {
    reason: 'io',
    retryable: true,
  })
}
