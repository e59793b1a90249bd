import { LONGEST_TIMER_MS } from './clock.ts'
import type { Engine } from './engine.ts'
import type { AccountError } from './errors.ts'

export interface BoundedCall<T> {
  readonly accountId: string | undefined
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  /** Whether closing the manager waits for it; otherwise closing ends it. */
  readonly isWaitedFor: boolean
  /** Foreign code: it may throw at once, never answer, or answer when nobody waits any more. */
  run(signal: AbortSignal): Promise<T>
  aborted(): AccountError
  timedOut(): AccountError
  /** What an error of the foreign code becomes. */
  failed(error: unknown): AccountError
}

/**
 * Waits for foreign code until it answers, the caller gives up, its time is over, or the manager closes. What never
 * answers is left behind.
 */
export async function boundedCall<T>(engine: Engine, call: BoundedCall<T>): Promise<T> {
  const { accountId, signal, timeoutMs, isWaitedFor } = call
  const controller = new AbortController()
  const ended = Promise.withResolvers<never>()
  // Without a reader a late rejection would count as unhandled.
  ended.promise.catch(() => undefined)
  const end = (error: AccountError): void => {
    controller.abort(error)
    ended.reject(error)
  }
  const onAbort = (): void => end(call.aborted())
  const release = engine.calls.add({ account: accountId, isWaitedFor, end })
  // Somebody waits: the process must live until the limit, whatever the foreign code holds open.
  const keepAlive = setInterval(() => undefined, LONGEST_TIMER_MS)
  const cancelTimer = engine.clock.setTimer(() => end(call.timedOut()), timeoutMs)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const answer = started(() => call.run(controller.signal)).catch((error: unknown) => {
      throw call.failed(error)
    })
    answer.catch(() => undefined)
    return await Promise.race([answer, ended.promise])
  } finally {
    clearInterval(keepAlive)
    cancelTimer()
    release()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** What is written in plain JavaScript may throw before it returns its promise. */
async function started<T>(run: () => Promise<T>): Promise<T> {
  return await run()
}
