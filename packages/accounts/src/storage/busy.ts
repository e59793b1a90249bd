import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { AccountError, isAccountError } from '../errors.ts'

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
  if (isAccountError(error)) return error.reason === 'busy'
  const code = sqliteCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

export interface BusyOptions {
  /** What is being done, for the message. */
  readonly what: string
  readonly withinMs: number
  readonly signal?: AbortSignal | undefined
  /** Since when it has been waited for, by the monotonic clock. Default: now. */
  readonly from?: number
}

/**
 * Runs `attempt` until it is not busy, waiting in between without blocking the event loop.
 *
 * Other processes live in real time, so this waits in real time too, also when the manager's clock is driven.
 *
 * @throws AccountError `ERR_STORAGE_WRITE` (`busy`, retryable) when the time is over, `ERR_ABORTED` by the signal.
 */
export async function retryWhileBusy<T>(attempt: () => T, options: BusyOptions): Promise<T> {
  const deadline = (options.from ?? performance.now()) + options.withinMs
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    if (options.signal?.aborted) throw abortedWait(options.what)
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    if (performance.now() >= deadline) throw busyError(options.what)
    await delay(waitMs * (0.5 + Math.random()))
  }
}

/** Somebody else wrote for longer than could be waited. */
export function busyError(what: string): AccountError {
  return new AccountError('ERR_STORAGE_WRITE', `${what}: the database stayed busy; try again`, {
    reason: 'busy',
    retryable: true,
  })
}

/** Its caller gave up before it had its turn. */
export function abortedWait(what: string): AccountError {
  return new AccountError('ERR_ABORTED', `${what} was aborted by its caller`, { reason: 'caller' })
}
