import { kindOf } from './account.ts'
import { AccountError } from './errors.ts'

/**
 * Waits for shared work on behalf of one caller: aborting ends the caller's wait, never the work.
 *
 * @throws AccountError `ERR_ABORTED` (`caller`).
 */
export async function awaitForCaller<T>(work: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (signal === undefined) return await work
  // The work goes on without this caller; its failure is then nobody's.
  work.catch(() => undefined)
  checkNotAborted(signal, what)
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(abortedByCaller(what))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Checks the signal of a call before the call begins. A signal of another realm (a browser's in a test, an Electron
 * frame's) is one too.
 *
 * @throws TypeError when it is no AbortSignal; AccountError `ERR_ABORTED` when it is aborted already.
 */
export function checkNotAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal === undefined) return
  if (!isSignal(signal)) throw new TypeError(`signal must be an AbortSignal, received ${kindOf(signal)}`)
  if (signal.aborted) throw abortedByCaller(what)
}

function isSignal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { aborted, addEventListener } = value as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}

export function abortedByCaller(what: string): AccountError {
  return new AccountError('ERR_ABORTED', `${what} was aborted by its caller`, { reason: 'caller' })
}
