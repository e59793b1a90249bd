import { AccountError, isAccountError } from '@accountry/accounts'
import type { ShownError } from './model.ts'
import { shownText } from './shown-text.ts'

/** A request of the page that makes no sense, or no sense any more. */
export class BadRequest extends Error {
  readonly status: 400 | 404 | 413

  constructor(message: string, status: 400 | 404 | 413 = 400) {
    super(message)
    this.status = status
  }
}

/** The status and the body of an answer that reports an error. */
export function errorAnswer(error: unknown): { status: number; body: { error: ShownError } } {
  if (error instanceof BadRequest) return { status: error.status, body: { error: badRequest(error.message) } }
  return { status: isAccountError(error) || isArgument(error) ? 422 : 500, body: { error: shownError(error) } }
}

/**
 * An error for the page. Messages of AccountErrors and of wrong arguments hold no secret by contract; whatever else is
 * thrown may, and is not shown.
 */
export function shownError(error: unknown): ShownError {
  if (isArgument(error)) return badRequest(error.message)
  if (!isAccountError(error))
    return { code: 'ERR_UNEXPECTED', message: 'The app made a mistake; nothing is known of it here' }
  const { code, message, action, reason, retryAt } = error
  return {
    code,
    message: shownText(message),
    ...(action !== undefined && { action }),
    ...(reason !== undefined && { reason }),
    ...(retryAt !== undefined && { retryAt }),
  }
}

/** What a plugin calls a wrong argument never gets here: the manager makes an AccountError of it. */
function isArgument(error: unknown): error is TypeError | RangeError {
  return (error instanceof TypeError || error instanceof RangeError) && !(error instanceof AccountError)
}

function badRequest(message: string): ShownError {
  return { code: 'ERR_BAD_REQUEST', message: shownText(message) }
}
