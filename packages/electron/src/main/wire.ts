import { AccountError, accountErrorFrom, isAccountError, type Logger } from '@accountry/accounts'
import type { Answer, WireError } from '../bridge/calls.ts'

/** What went wrong, as a page may know it: AccountErrors, wrong arguments, and no more of anything else than that. */
export function wireErrorOf(error: unknown, log: Logger | undefined): WireError {
  if (isAccountError(error)) return plainError(error)
  // Of this library's own checks, whose messages name options and kinds. Those of Node have a code, and quote values.
  const isOurs = error instanceof Error && error.cause === undefined && !('code' in error)
  if (isOurs && error instanceof RangeError) return { name: 'RangeError', message: error.message }
  if (isOurs && error instanceof TypeError) return { name: 'TypeError', message: error.message }
  log?.error('bridge_call_failed', { name: error instanceof Error ? error.name : typeof error })
  const failed = new AccountError('ERR_AUTHENTICATOR_FAILED', 'the main process failed; its log says more', {
    cause: error,
    action: 'contact-developer',
  })
  return failed.toJSON()
}

/**
 * The answer as plain JSON: no getter, class or function of the main process gets across, and an AuthToken that strays
 * into it says `[redacted]`.
 *
 * @throws AccountError `ERR_LIMIT_EXCEEDED` when it is too large.
 */
export function plainAnswer(value: unknown, mostBytes: number): Answer<unknown> {
  const json = JSON.stringify(value) as string | undefined
  if (json === undefined) return { ok: true, value: undefined }
  if (json.length > mostBytes) {
    throw new AccountError('ERR_LIMIT_EXCEEDED', `the answer is larger than ${mostBytes} bytes; ask for less at once`)
  }
  return { ok: true, value: JSON.parse(json) as unknown }
}

/** An AccountError of a plugin's own copy of the class may carry what cannot be cloned. */
function plainError(error: AccountError): WireError {
  try {
    return accountErrorFrom(JSON.parse(JSON.stringify(error))).toJSON()
  } catch {
    return new AccountError('ERR_AUTHENTICATOR_FAILED', 'something failed with an error that cannot be read').toJSON()
  }
}
