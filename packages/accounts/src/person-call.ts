import type { Account } from './account.ts'
import { boundedCall } from './bounded-call.ts'
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
  const { interactionMs } = engine.timeouts
  return await boundedCall<T>(engine, {
    accountId: account?.id,
    signal,
    timeoutMs: interactionMs,
    isWaitedFor: false,
    run: (whileWaited) => call.ask(whileWaited),
    aborted: () => new AccountError('ERR_ABORTED', `${what} was aborted by its caller`, { reason: 'caller', account }),
    timedOut: () =>
      new AccountError('ERR_INTERACTION_TIMEOUT', `${what} took longer than ${interactionMs} ms; start again`),
    failed: (error) => handlerError(error, call),
  })
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
