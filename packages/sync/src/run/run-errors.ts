import { type AccountErrorCode, isAccountError } from '@accountry/accounts'
import type { SyncError, SyncResult } from '../sync-result.ts'
import { SyncRetry } from '../sync-result.ts'

/** The account has to be put in order by a person: the target is parked. `ERR_DENIED` is a final no instead. */
const AUTHENTICATION_ERRORS: ReadonlySet<AccountErrorCode> = new Set([
  'ERR_INTERACTION_REQUIRED',
  'ERR_INTERACTION_CANCELED',
  'ERR_INTERACTION_TIMEOUT',
  'ERR_BAD_CREDENTIALS',
  'ERR_IDENTITY_MISMATCH',
  'ERR_SCOPE_NOT_GRANTED',
])

/** Not the service's doing and over soon: a locked vault is unlocked, a superseded request is made anew. */
const SOFT_ERRORS: ReadonlySet<AccountErrorCode> = new Set(['ERR_VAULT_LOCKED', 'ERR_VAULT_UNAVAILABLE', 'ERR_ABORTED'])

/** Failures of the way to a server, as Node names them. */
const NETWORK_ERRORS: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
])

const DEEPEST_CAUSE = 5
const LONGEST_MESSAGE = 500

/** Whether the account has to be put in order by a person. */
export function isAuthenticationError({ code }: { code: AccountErrorCode }): boolean {
  return AUTHENTICATION_ERRORS.has(code)
}

/**
 * Enters what the adapter threw into its result, as if it had reported it.
 *
 * An error that is neither an {@link AccountError}, a {@link SyncRetry} nor a failure of the network is hard: running
 * the same code again would throw it again.
 */
export function recordThrown(result: SyncResult, error: unknown, now: number): void {
  try {
    recordKnown(result, error, now)
  } catch {
    // It cannot even be looked at: a proxy that was revoked, a getter that throws.
    result.databaseError = true
  }
}

function recordKnown(result: SyncResult, error: unknown, now: number): void {
  if (error instanceof SyncRetry) {
    result.stats.numIoExceptions++
    if (error.retryAfterMs !== undefined) result.delayUntilAt = now + error.retryAfterMs
  } else if (isAccountError(error)) {
    if (isAuthenticationError(error)) result.stats.numAuthExceptions++
    else if (error.retryable || SOFT_ERRORS.has(error.code)) result.stats.numIoExceptions++
    else result.databaseError = true
    // It may be another package's, or a copy that came over a wire.
    const { retryAt } = error
    if (retryAt !== undefined && Number.isFinite(retryAt)) {
      result.delayUntilAt = Math.max(result.delayUntilAt ?? 0, retryAt)
    }
  } else if (isNetworkError(error)) {
    result.stats.numIoExceptions++
  } else {
    result.databaseError = true
  }
}

/** Whether the error, or what caused it, is a failure of the network. */
export function isNetworkError(error: unknown): boolean {
  // What `AbortSignal.timeout()` ends is a server that did not answer.
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
  return isTimeout || codesOf(error).some((code) => NETWORK_ERRORS.has(code))
}

/** Whether the error says that this process lacks a right. Android's SecurityException. */
export function isSecurityError(error: unknown): boolean {
  try {
    return codesOf(error).some((code) => code === 'EACCES' || code === 'EPERM' || code === 'ERR_ACCESS_DENIED')
  } catch {
    return false
  }
}

/** The error as it is stored and shown: without the secrets that the run was given, and without queries of URLs. */
export function describeError(error: unknown, secrets: Iterable<string>): SyncError {
  try {
    return describeKnown(error, secrets)
  } catch {
    return { name: 'Error', message: 'the adapter threw something that cannot be read' }
  }
}

function describeKnown(error: unknown, secrets: Iterable<string>): SyncError {
  const { name, message, code, reason } = (error ?? {}) as Record<string, unknown>
  let text = typeof message === 'string' ? message : typeof error === 'string' ? error : 'the adapter threw no Error'
  for (const secret of secrets) text = text.replaceAll(secret, '[redacted]')
  text = text.replaceAll(/(https?:\/\/[^\s?#]*)[?#]\S*/g, '$1?[redacted]').slice(0, LONGEST_MESSAGE)
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: text,
    ...(typeof code === 'string' && { code }),
    ...(isAccountError(error) && typeof reason === 'string' && { reason }),
  }
}

function codesOf(error: unknown): string[] {
  const codes: string[] = []
  let current: unknown = error
  for (let depth = 0; depth < DEEPEST_CAUSE && typeof current === 'object' && current !== null; depth++) {
    const { code, cause } = current as { code?: unknown; cause?: unknown }
    if (typeof code === 'string') codes.push(code)
    current = cause
  }
  return codes
}
