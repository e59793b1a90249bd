import type { Account, AuthToken, GetAuthTokenOptions, Logger } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { checkFunction, checkOptionalObject, checkSwitches, checkTexts } from './checks.ts'
import type { SyncExtras } from './extras.ts'
import type { SyncReason } from './queue/sync-operation.ts'
import type { BackoffPolicy } from './run/backoff.ts'
import { checkBackoff, checkDurations } from './sync-request.ts'
import type { SyncResult } from './sync-result.ts'

/** What the adapter remembers between runs, for instance the server's sync token. */
export interface SyncCursor {
  get(): string | undefined
  /** Saved in the transaction that records the run's outcome; data and cursor never disagree about a run that was lost. */
  set(value: string | undefined): void
}

export interface SyncProgress {
  readonly done?: number
  readonly total?: number
  readonly text?: string
}

/** Everything that one run needs. */
export interface SyncContext {
  readonly account: Account
  readonly authority: string
  readonly extras: SyncExtras
  /** Find out whether this target can be synchronised, and prepare it. Ending well makes it syncable. */
  readonly initialize: boolean
  /** Send local changes only. */
  readonly upload: boolean
  /** The person's answer after `tooManyDeletions`: `'override'` deletes, `'discard'` keeps. */
  readonly deletions: 'override' | 'discard' | undefined
  readonly reason: SyncReason
  /** 1 for the first run of a request. */
  readonly attempt: number
  /** Aborted when the run shall end; a run that goes on keeps its place until it returns. */
  readonly signal: AbortSignal
  /** Written by the adapter. Nothing set: success. */
  readonly result: SyncResult
  readonly cursor: SyncCursor
  /** Reports progress and proves that the run is alive; at most as often as there is something to tell. */
  progress(progress?: SyncProgress): void
  /** A token of the account; never asks the person, because nobody may be there. */
  getAuthToken(
    authTokenType: string | { scopes: string[]; resource?: string },
    options?: Omit<GetAuthTokenOptions, 'signal' | 'interaction'>,
  ): Promise<AuthToken>
  readonly log: Logger
}

/** Limits of one run, in milliseconds. */
export interface RunLimits {
  /** Without `progress()` for this long the run is canceled. Default 0: not watched. */
  readonly inactivityMs: number
  /** A run of this length is stopped and tried again after backoff. Not for runs that the user asked for. Default 1 800 000; 0: no limit. */
  readonly maxRunMs: number
  /** How long a run may take to end after its signal. Default 5 000. */
  readonly graceMs: number
}

/**
 * Synchronises one kind of data of one kind of account. Android's `AbstractThreadedSyncAdapter`.
 *
 * Use the same `accountType` and `authority` in every version and every process: they are what is stored.
 */
export interface SyncAdapter {
  readonly accountType: string
  readonly authority: string
  /** Whether a settings page shows it. Default `true`. */
  readonly userVisible?: boolean
  /** Whether it can send local changes only. Default `true`. */
  readonly supportsUploading?: boolean
  /** Whether it may run for several accounts at once. Default `false`. */
  readonly allowParallelSyncs?: boolean
  /** Whether every account can be synchronised without an initialisation run. Default `false`. */
  readonly isAlwaysSyncable?: boolean
  /** An initialisation run succeeds without calling `onPerformSync`. Default `false`. */
  readonly autoInitialize?: boolean
  /** What it needs: `'none'` for a server on this machine or in the local network. Default `'any'`. */
  readonly network?: 'none' | 'any' | 'unmetered'
  /** Written once for a new (account, authority), never over a later choice. */
  readonly defaults?: {
    readonly syncAutomatically?: boolean
    /** More than 0; raised to the engine's `minPeriodMs`. */
    readonly periodMs?: number
    readonly flexMs?: number
  }
  /** Names that this authority had before: what is stored under them moves here, unless this name has its own already. */
  readonly formerAuthorities?: readonly string[]
  /**
   * Run again at once when `result.moreRecordsToGet` is set after a success; 10 seconds later when the run was such a
   * continuation itself and neither changed anything nor moved its cursor. Default `false`.
   */
  readonly continuesOnMoreRecords?: boolean
  /** Overrides the engine's. */
  readonly backoff?: Partial<BackoffPolicy>
  /** Overrides the engine's. */
  readonly limits?: Partial<RunLimits>
  onPerformSync(context: SyncContext): Promise<void> | void
  /** Called beside the abort signal. */
  onSyncCanceled?(context: SyncContext): void
  /** Asked before the first run for an account: `false` refuses until it is requested again. An error counts as `true`. */
  onUnsyncableAccount?(account: Account, authority: string): Promise<boolean> | boolean
  /** Told when the run failed for lack of rights (`EACCES`, `EPERM`); may complete the result. */
  onSecurityException?(context: SyncContext, error: unknown): void
}

/** An adapter as `getSyncAdapterTypes()` lists it. */
export interface SyncAdapterType {
  readonly accountType: string
  readonly authority: string
  readonly userVisible: boolean
  readonly supportsUploading: boolean
  readonly allowParallelSyncs: boolean
  readonly isAlwaysSyncable: boolean
}

const SWITCHES = [
  'userVisible',
  'supportsUploading',
  'allowParallelSyncs',
  'isAlwaysSyncable',
  'autoInitialize',
  'continuesOnMoreRecords',
] as const
const HOOKS = ['onSyncCanceled', 'onUnsyncableAccount', 'onSecurityException'] as const

/** @throws TypeError for what is not an adapter; TypeError, RangeError for a duration that is none. */
export function checkAdapter(adapter: SyncAdapter, option = 'adapter'): void {
  if (typeof adapter !== 'object' || adapter === null) {
    throw new TypeError(`${option} must be an object, received ${kindOf(adapter)}`)
  }
  for (const field of ['accountType', 'authority'] as const) {
    if (typeof adapter[field] !== 'string' || adapter[field] === '') {
      throw new TypeError(`${option}.${field} must be a non-empty string, received ${kindOf(adapter[field])}`)
    }
  }
  if (typeof adapter.onPerformSync !== 'function') {
    throw new TypeError(`${option}.onPerformSync must be a function, received ${kindOf(adapter.onPerformSync)}`)
  }
  if (adapter.network !== undefined && !['none', 'any', 'unmetered'].includes(adapter.network)) {
    throw new TypeError(`${option}.network must be 'none', 'any' or 'unmetered'`)
  }
  checkSwitches(adapter, `${option}.`, SWITCHES)
  for (const name of HOOKS) checkFunction(adapter[name], `${option}.${name}`)
  checkTexts(adapter.formerAuthorities, `${option}.formerAuthorities`)
  const { defaults, backoff, limits } = adapter
  checkDefaults(defaults, `${option}.defaults`)
  checkBackoff(`${option}.backoff`, backoff)
  checkOptionalObject(limits, `${option}.limits`)
  checkDurations(`${option}.limits`, { ...limits })
}

function checkDefaults(defaults: SyncAdapter['defaults'], option: string): void {
  checkOptionalObject(defaults, option)
  checkSwitches(defaults ?? {}, `${option}.`, ['syncAutomatically'])
  checkDurations(option, { periodMs: defaults?.periodMs, flexMs: defaults?.flexMs })
  const { periodMs, flexMs = 0 } = defaults ?? {}
  if (periodMs === 0) throw new RangeError(`${option}.periodMs must be more than 0`)
  if (periodMs !== undefined && flexMs > periodMs) {
    throw new RangeError(`${option}.flexMs must not be more than periodMs`)
  }
}

export function adapterTypeOf(adapter: SyncAdapter): SyncAdapterType {
  return {
    accountType: adapter.accountType,
    authority: adapter.authority,
    userVisible: adapter.userVisible ?? true,
    supportsUploading: adapter.supportsUploading ?? true,
    allowParallelSyncs: adapter.allowParallelSyncs ?? false,
    isAlwaysSyncable: adapter.isAlwaysSyncable ?? false,
  }
}
