import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { AccountError } from '../errors.ts'

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const FIRST_WAIT_MS = 1
const LONGEST_WAIT_MS = 12

/** The primary result code of an SQLite error: extended codes keep it in their low byte. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 255 : undefined
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

export interface BusyOptions {
  /** What is being done, for the message. */
  readonly what: string
  readonly withinMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `attempt` until it is not busy, waiting in between without blocking the event loop.
 *
 * Other processes live in real time, so this waits in real time too, also when the manager's clock is driven.
 *
 * @throws AccountError `ERR_STORAGE_WRITE` (`busy`, retryable) when the time is over, `ERR_ABORTED` by the signal.
 */
export async function retryWhileBusy<T>(attempt: () => T, options: BusyOptions): Promise<T> {
  const deadline = performance.now() + options.withinMs
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    if (options.signal?.aborted) throw aborted(options.what)
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    if (performance.now() >= deadline) {
      throw new AccountError('ERR_STORAGE_WRITE', `${options.what}: the database stayed busy; try again`, {
        reason: 'busy',
        retryable: true,
      })
    }
    await delay(waitMs * (0.5 + Math.random()))
  }
}

function aborted(what: string): AccountError {
  return new AccountError('ERR_ABORTED', `${what} was aborted by its caller`, { reason: 'caller' })
}
