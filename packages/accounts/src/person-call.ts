import type { Account } from './account.ts'
import { LONGEST_TIMER_MS } from './clock.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { trustedError } from './trusted-error.ts'

export interface PersonCall<T> {
  /** What the person is asked, for messages: "choosing an account". */
  readonly what: string
  readonly account?: Account | undefined
  readonly signal: AbortSignal | undefined
  readonly ask: (signal: AbortSignal) => Promise<T>
}

/**
 * Asks a person through the app's own interaction handler. The wait ends when the caller gives up, at
 * `timeouts.interactionMs` and when the manager closes, whatever the handler does.
 *
 * @throws AccountError of the handler, or `ERR_ABORTED`, `ERR_INTERACTION_TIMEOUT`, `ERR_CLOSED`; anything else that it
 *   throws is `ERR_INTERACTION_CANCELED`.
 */
export async function askPerson<T>(engine: Engine, call: PersonCall<T>): Promise<T> {
  const { what, account, signal } = call
  const controller = new AbortController()
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => undefined)
  const end = (error: AccountError): void => {
    controller.abort(error)
    ended.reject(error)
  }
  const onAbort = (): void =>
    end(new AccountError('ERR_ABORTED', `${what} was aborted by its caller`, { reason: 'caller', account }))
  const { interactionMs } = engine.timeouts
  const cancelTimer = engine.clock.setTimer(
    () => end(new AccountError('ERR_INTERACTION_TIMEOUT', `${what} took longer than ${interactionMs} ms; start again`)),
    interactionMs,
  )
  const release = engine.calls.add({ account: account?.id, isWaitedFor: false, end })
  // Somebody waits: the process must live until the limit, whatever the handler holds open.
  const keepAlive = setInterval(() => undefined, LONGEST_TIMER_MS)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const answer = (async () => await call.ask(controller.signal))().catch((error: unknown) => {
      throw handlerError(error, call)
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

function handlerError<T>(error: unknown, { what, account }: PersonCall<T>): AccountError {
  const own = isAccountError(error) ? trustedError(error, account) : undefined
  if (own !== undefined) return own
  return new AccountError('ERR_INTERACTION_CANCELED', `${what} failed in the app's own prompt; tell its developer`, {
    account,
    action: 'contact-developer',
    cause: error,
  })
}
