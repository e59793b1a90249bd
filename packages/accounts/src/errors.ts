import type { Account } from './account.ts'
import {
  ACCOUNT_ERROR_CODES,
  ACCOUNT_ERROR_REASONS,
  type AccountErrorAction,
  type AccountErrorChallenge,
  type AccountErrorCode,
  type AccountErrorReason,
} from './error-codes.ts'
import { printAs } from './inspectable.ts'
import { project } from './project.ts'

export type { AccountErrorAction, AccountErrorChallenge, AccountErrorCode, AccountErrorReason } from './error-codes.ts'
export { ACCOUNT_ERROR_CODES, ACCOUNT_ERROR_REASONS } from './error-codes.ts'

export interface AccountErrorOptions {
  reason?: AccountErrorReason | undefined
  /** Whether the same call can succeed later without anybody doing anything. Default: by code. */
  retryable?: boolean | undefined
  /** Epoch milliseconds before which a retry is pointless. */
  retryAt?: number | undefined
  account?: Account | undefined
  action?: AccountErrorAction | undefined
  challenge?: AccountErrorChallenge | undefined
  candidates?: readonly Account[] | undefined
  /** Reduced to `{ name, code }` unless it is an AccountError: foreign errors carry tokens in their fields. */
  cause?: unknown
}

/** The form in which an {@link AccountError} crosses IPC. */
export interface AccountErrorJson {
  name: 'AccountError'
  code: AccountErrorCode
  message: string
  retryable: boolean
  reason?: AccountErrorReason
  retryAt?: number
  account?: Account
  action?: AccountErrorAction
  challenge?: AccountErrorChallenge
  candidates?: Account[]
  cause?: { name: string; code?: string }
}

const marker: unique symbol = Symbol.for(project.errorMarker) as never

const RETRYABLE: ReadonlySet<AccountErrorCode> = new Set([
  'ERR_NETWORK',
  'ERR_THROTTLED',
  'ERR_SERVER',
  'ERR_TLS',
  'ERR_AUTHENTICATOR_TIMEOUT',
  'ERR_STORAGE_WRITE',
  'ERR_LOCK_TIMEOUT',
])

const ACTIONS: Partial<Record<AccountErrorCode, AccountErrorAction>> = {
  ERR_INTERACTION_REQUIRED: 'sign-in',
  ERR_BAD_CREDENTIALS: 'sign-in',
  ERR_IDENTITY_MISMATCH: 'sign-in',
  ERR_SCOPE_NOT_GRANTED: 'sign-in',
  ERR_NETWORK: 'check-network',
  ERR_TLS: 'check-network',
  ERR_THROTTLED: 'wait',
  ERR_SERVER: 'wait',
  ERR_CLOCK_SKEW: 'check-clock',
  ERR_MISCONFIGURED: 'contact-developer',
  ERR_VAULT_LOCKED: 'unlock',
  ERR_VAULT_KEY_LOST: 'restore-key',
  ERR_VAULT_NEWER: 'update-app',
}

/**
 * The error of everything that can go wrong with an account, a token or the vault.
 *
 * Switch on {@link AccountError.code}; show `message`, which names the account and what to do.
 * No field ever holds a secret. Wrong arguments are `TypeError` or `RangeError` instead.
 */
export class AccountError extends Error {
  readonly code: AccountErrorCode
  readonly reason?: AccountErrorReason
  readonly retryable: boolean
  readonly retryAt?: number
  readonly account?: Account
  readonly action?: AccountErrorAction
  readonly challenge?: AccountErrorChallenge
  readonly candidates?: Account[]

  constructor(code: AccountErrorCode, message: string, options: AccountErrorOptions = {}) {
    super(message)
    this.name = 'AccountError'
    this.code = code
    this.retryable = options.retryable ?? RETRYABLE.has(code)
    const action = options.action ?? ACTIONS[code]
    if (options.reason !== undefined) this.reason = options.reason
    if (options.retryAt !== undefined) this.retryAt = options.retryAt
    if (options.account !== undefined) this.account = options.account
    if (action !== undefined) this.action = action
    if (options.challenge !== undefined) this.challenge = options.challenge
    if (options.candidates !== undefined) this.candidates = [...options.candidates]
    Object.defineProperty(this, marker, { value: true })
    Object.defineProperty(this, 'name', { enumerable: false })
    const cause = reducedCause(options.cause)
    if (cause !== undefined) Object.defineProperty(this, 'cause', { value: cause, configurable: true, writable: true })
  }

  /** The plain form that crosses IPC; {@link accountErrorFrom} rebuilds the error from it. */
  toJSON(): AccountErrorJson {
    const cause = this.cause === undefined ? undefined : (reducedForJson(this.cause) ?? undefined)
    return {
      name: 'AccountError',
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.reason !== undefined && { reason: this.reason }),
      ...(this.retryAt !== undefined && { retryAt: this.retryAt }),
      ...(this.account !== undefined && { account: this.account }),
      ...(this.action !== undefined && { action: this.action }),
      ...(this.challenge !== undefined && { challenge: this.challenge }),
      ...(this.candidates !== undefined && { candidates: this.candidates }),
      ...(cause !== undefined && { cause }),
    }
  }

  static {
    printAs(AccountError.prototype, (error, options, inspect) => {
      const { name: _name, message: _message, ...fields } = error.toJSON()
      return `${error.stack ?? `AccountError: ${error.message}`} ${inspect(fields, options)}`
    })
  }
}

/** Whether `value` is an {@link AccountError}, also of another copy of this package. */
export function isAccountError(value: unknown): value is AccountError {
  try {
    return typeof value === 'object' && value !== null && (value as { [marker]?: unknown })[marker] === true
  } catch {
    return false
  }
}

/**
 * Rebuilds the error that {@link AccountError.toJSON} wrote on the other side of IPC.
 *
 * @throws TypeError when `json` does not describe one.
 */
export function accountErrorFrom(json: unknown): AccountError {
  const record = json as Partial<AccountErrorJson> | null
  if (typeof record !== 'object' || record === null || !isCode(record.code) || typeof record.message !== 'string') {
    throw new TypeError('accountErrorFrom: expected what AccountError.toJSON() returned, with `code` and `message`')
  }
  return new AccountError(record.code, record.message, {
    reason: isReason(record.reason) ? record.reason : undefined,
    retryable: record.retryable,
    retryAt: record.retryAt,
    account: record.account,
    action: record.action,
    challenge: record.challenge,
    candidates: record.candidates,
    cause: record.cause,
  })
}

function isCode(value: unknown): value is AccountErrorCode {
  return (ACCOUNT_ERROR_CODES as readonly unknown[]).includes(value)
}

/** Whether `value` is one of the closed list of reasons. */
export function isReason(value: unknown): value is AccountErrorReason {
  return (ACCOUNT_ERROR_REASONS as readonly unknown[]).includes(value)
}

function reducedCause(cause: unknown): unknown {
  return isAccountError(cause) ? cause : reducedForJson(cause)
}

/** A foreign error keeps its class and its code; its message and fields may hold tokens. */
function reducedForJson(cause: unknown): { name: string; code?: string } | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined
  try {
    const { name, code } = cause as { name?: unknown; code?: unknown }
    return {
      name: shortWord(name) ?? 'Error',
      ...(shortWord(code) !== undefined && { code: shortWord(code) as string }),
    }
  } catch {
    // An error whose fields throw when they are read.
    return { name: 'Error' }
  }
}

function shortWord(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : undefined
}
