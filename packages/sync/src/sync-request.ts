import type { Account, AccountRef } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { CanonicalExtras, SyncExtras } from './extras.ts'
import { canonicalExtras } from './extras.ts'
import type { SyncFlags, SyncReason, SyncSource } from './queue/sync-operation.ts'
import {
  DISALLOW_METERED,
  DISCARD_LOCAL_DELETIONS,
  DO_NOT_RETRY,
  has,
  IGNORE_BACKOFF,
  IGNORE_SETTINGS,
  OVERRIDE_TOO_MANY_DELETIONS,
  REQUIRES_CHARGING,
  UPLOAD,
} from './queue/sync-operation.ts'
import type { BackoffPolicy } from './run/backoff.ts'
import type { SyncOutcome } from './sync-result.ts'

/** One account and one authority. */
export interface SyncTarget {
  readonly account: AccountRef
  readonly authority: string
}

/** A wish to synchronise. */
export interface SyncRequest {
  /** Absent: every account. */
  readonly account?: AccountRef | undefined
  /** Absent: everything that an adapter synchronises for the account. */
  readonly authority?: string | undefined
  readonly extras?: SyncExtras | undefined
  /** The person asked: ignores settings and backoff. */
  readonly manual?: boolean | undefined
  /** Runs before what is not. */
  readonly expedited?: boolean | undefined
  /** Send local changes only. */
  readonly upload?: boolean | undefined
  /** Runs although the switches are off. */
  readonly ignoreSettings?: boolean | undefined
  /** The first attempt runs although the target waits after errors. */
  readonly ignoreBackoff?: boolean | undefined
  /** An error ends it. */
  readonly doNotRetry?: boolean | undefined
  readonly requiresCharging?: boolean | undefined
  /** Waits for an unmetered network. Not together with `ignoreSettings`. */
  readonly disallowMetered?: boolean | undefined
  /** The person's answer to `sync:deletions-held`. */
  readonly deletions?: 'override' | 'discard' | undefined
  /** Runs not before so many milliseconds from now. Default 0. */
  readonly notBeforeMs?: number | undefined
}

/** Why a request was not accepted, or ended without a run. */
export type DropReason =
  | 'no-account'
  | 'no-adapter'
  | 'not-syncable'
  | 'not-ready'
  | 'upload-unsupported'
  | 'auto-sync-off'
  | 'master-off'
  | 'initialization-failed'
  | 'account-removed'
  | 'storage-error'
  | 'closed'

/** What became of a request, and what will. */
export interface SyncHandle {
  /** For {@link SyncManager.cancelSync}. */
  readonly id: string
  /** `merged`: the same was queued already, and this handle follows it. `dropped`: nothing will happen, see `reason`. */
  readonly outcome: 'accepted' | 'merged' | 'dropped'
  readonly reason?: DropReason
  /**
   * Resolves when the request is stored: from then on it will run, also after a crash. At once for a dropped one.
   * Rejects with an `AccountError` `ERR_STORAGE_WRITE` when it could not be stored.
   */
  readonly accepted: Promise<void>
  /** Resolves once, when the request is over or its target is parked. Never rejects. */
  readonly done: Promise<SyncOutcome>
}

/** A request whose values were checked. */
export interface CheckedRequest {
  readonly account: AccountRef | undefined
  readonly authority: string | undefined
  readonly extras: CanonicalExtras
  readonly flags: SyncFlags
  readonly expedited: boolean
  readonly reason: SyncReason
  readonly source: SyncSource
  readonly notBeforeMs: number
}

const SWITCHES = [
  'manual',
  'expedited',
  'upload',
  'ignoreSettings',
  'ignoreBackoff',
  'doNotRetry',
  'requiresCharging',
  'disallowMetered',
] as const

/** @throws TypeError or RangeError naming the option. */
export function checkedRequest(request: SyncRequest, reason?: SyncReason): CheckedRequest {
  checkedObject(request, 'request')
  for (const name of SWITCHES) {
    if (request[name] !== undefined && typeof request[name] !== 'boolean') {
      throw new TypeError(`${name} must be a boolean, received ${kindOf(request[name])}`)
    }
  }
  const flags = flagsOf(request)
  if (has(flags, DISALLOW_METERED) && request.ignoreSettings === true) {
    throw new TypeError('disallowMetered and ignoreSettings exclude each other')
  }
  const account = request.account === undefined ? undefined : checkedAccount(request.account)
  const authority = request.authority === undefined ? undefined : checkedAuthority(request.authority)
  return {
    account,
    authority,
    extras: canonicalExtras(request.extras),
    flags,
    expedited: request.expedited === true,
    reason: reason ?? (request.manual ? 'user' : request.upload ? 'local-change' : 'app'),
    source: sourceOf(request, reason),
    notBeforeMs: checkedDuration(request.notBeforeMs ?? 0, 'notBeforeMs'),
  }
}

function flagsOf(request: SyncRequest): SyncFlags {
  return (
    (request.upload ? UPLOAD : 0) |
    (request.manual || request.ignoreSettings ? IGNORE_SETTINGS : 0) |
    (request.manual || request.ignoreBackoff ? IGNORE_BACKOFF : 0) |
    (request.doNotRetry ? DO_NOT_RETRY : 0) |
    (request.requiresCharging ? REQUIRES_CHARGING : 0) |
    (request.disallowMetered ? DISALLOW_METERED : 0) |
    deletionsFlag(request.deletions)
  )
}

function deletionsFlag(answer: SyncRequest['deletions']): SyncFlags {
  if (answer === undefined) return 0
  if (answer === 'override') return OVERRIDE_TOO_MANY_DELETIONS
  if (answer === 'discard') return DISCARD_LOCAL_DELETIONS
  throw new TypeError(`deletions must be 'override' or 'discard', received ${kindOf(answer)}`)
}

function sourceOf(request: SyncRequest, reason: SyncReason | undefined): SyncSource {
  if (request.upload) return 'local'
  if (request.manual) return 'user'
  if (reason === 'push') return 'feed'
  return request.authority === undefined ? 'poll' : 'other'
}

/** @throws TypeError when it is not an object. */
export function checkedObject<T extends object>(value: T, option: string): T {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
}

/** @throws TypeError when it is neither an account nor a non-empty id. */
export function checkedAccount(account: unknown, option = 'account'): AccountRef {
  if (typeof account === 'string' && account !== '') return account
  const { id } = (account ?? {}) as Partial<Account>
  if (typeof account === 'object' && typeof id === 'string' && id !== '') return account as Account
  throw new TypeError(`${option} must be an Account or an account id, received ${kindOf(account)}`)
}

export function accountIdOf(account: AccountRef): string {
  return typeof account === 'string' ? account : account.id
}

/** @throws TypeError when it is not a non-empty string. */
export function checkedAuthority(authority: unknown, option = 'authority'): string {
  if (typeof authority === 'string' && authority !== '') return authority
  throw new TypeError(`${option} must be a non-empty string, received ${kindOf(authority)}`)
}

/** @throws TypeError, RangeError when it is not a finite number of milliseconds of at least 0. */
export function checkedDuration(value: unknown, option: string): number {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${option} must be a finite number of at least 0`)
  return value
}

/** @throws TypeError, RangeError naming the first one of the group that is given and is no duration. */
export function checkDurations(group: string, durations: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(durations)) {
    if (value !== undefined) checkedDuration(value, group === '' ? name : `${group}.${name}`)
  }
}

/** @throws TypeError, RangeError naming what is wrong in it. */
export function checkBackoff(group: string, backoff: Partial<BackoffPolicy> = {}): void {
  checkedObject(backoff, group)
  checkDurations(group, { initialMs: backoff.initialMs, maxMs: backoff.maxMs, jitter: backoff.jitter })
  const { factor = 1, maxAttempts = 1 } = backoff
  for (const [name, value] of Object.entries({ factor, maxAttempts })) {
    if (typeof value !== 'number') throw new TypeError(`${group}.${name} must be a number, received ${kindOf(value)}`)
  }
  if (!(factor >= 1)) throw new RangeError(`${group}.factor must be at least 1`)
  if (!(maxAttempts >= 1)) throw new RangeError(`${group}.maxAttempts must be at least 1`)
}

/** @throws TypeError when account or authority is missing or wrong. */
export function checkedTarget(target: unknown): SyncTarget {
  if (typeof target !== 'object' || target === null) {
    throw new TypeError(`target must be an object with account and authority, received ${kindOf(target)}`)
  }
  const { account, authority } = target as Partial<SyncTarget>
  return { account: checkedAccount(account), authority: checkedAuthority(authority) }
}
