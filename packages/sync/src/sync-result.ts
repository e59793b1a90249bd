/** What a run did and what went wrong, counted by the adapter. Android's `SyncStats`. */
export interface SyncStats {
  numInserts: number
  numUpdates: number
  numDeletes: number
  numEntries: number
  numSkippedEntries: number
  /** The server or the way to it failed: a soft error, tried again with backoff. */
  numIoExceptions: number
  /** The account's credential was refused: the target is parked until the account recovers. */
  numAuthExceptions: number
  numParseExceptions: number
  numConflicts: number
}

/**
 * What the adapter reports about a run, by writing into `context.result`. Nothing set means success.
 *
 * A hard error is not tried again unless some progress was made; a soft error is, with growing waits.
 */
export interface SyncResult {
  readonly stats: SyncStats
  /** Epoch milliseconds before which this target is not synchronised again, whatever asks; `Retry-After` belongs here. */
  delayUntilAt?: number | undefined
  /** The adapter gave up: do not try again. */
  tooManyRetries?: boolean | undefined
  /** So much would be deleted that the person should confirm: a hard error, announced with `sync:deletions-held`. */
  tooManyDeletions?: boolean | undefined
  /** The local store failed: a hard error. */
  databaseError?: boolean | undefined
  /** Something else synchronises this target already: tried again in 10 seconds. */
  syncAlreadyInProgress?: boolean | undefined
  /** Run once more, without extras, after this run; 10 seconds after it, when it was such a run itself. */
  fullSyncRequested?: boolean | undefined
  /** The server has more: run again with the same extras, after a success. */
  moreRecordsToGet?: boolean | undefined
}

/** How a request ended. */
export type SyncOutcomeKind = 'success' | 'soft-error' | 'hard-error' | 'canceled' | 'parked' | 'dropped'

/** What `done` of a request resolves with: at the end of the last attempt, or when the target is parked. */
export interface SyncOutcome {
  readonly outcome: SyncOutcomeKind
  /** Why, in kebab-case: the error class, the stop reason or the reason for dropping. */
  readonly reason?: string
  /** How often the adapter ran for it. */
  readonly attempts: number
  /** Of the last attempt. */
  readonly stats: Readonly<SyncStats>
  readonly error?: SyncError
}

/** An error as it is stored and shown; token values that the run was given are blanked out of the message. */
export interface SyncError {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** Of an AccountError. */
  readonly reason?: string
}

/** Thrown by an adapter to be run again later: a soft error. */
export class SyncRetry extends Error {
  /** The server's `Retry-After`, in milliseconds: nothing asks it before. */
  readonly retryAfterMs: number | undefined

  constructor(options: { retryAfterMs?: number; message?: string } = {}) {
    super(options.message ?? 'the adapter asked to be run again later')
    const { retryAfterMs } = options
    if (retryAfterMs !== undefined && !(Number.isFinite(retryAfterMs) && retryAfterMs >= 0)) {
      throw new RangeError('retryAfterMs must be a finite number of milliseconds, at least 0')
    }
    this.name = 'SyncRetry'
    this.retryAfterMs = retryAfterMs
  }
}

export function createSyncStats(): SyncStats {
  return {
    numInserts: 0,
    numUpdates: 0,
    numDeletes: 0,
    numEntries: 0,
    numSkippedEntries: 0,
    numIoExceptions: 0,
    numAuthExceptions: 0,
    numParseExceptions: 0,
    numConflicts: 0,
  }
}

export function createSyncResult(): SyncResult {
  return { stats: createSyncStats() }
}

/** An error that trying again does not cure. */
export function hasHardError(result: SyncResult): boolean {
  const { stats } = result
  return (
    stats.numParseExceptions > 0 ||
    stats.numConflicts > 0 ||
    stats.numAuthExceptions > 0 ||
    result.tooManyDeletions === true ||
    result.tooManyRetries === true ||
    result.databaseError === true
  )
}

/** An error that time may cure. */
export function hasSoftError(result: SyncResult): boolean {
  return result.syncAlreadyInProgress === true || result.stats.numIoExceptions > 0
}

export function hasError(result: SyncResult): boolean {
  return hasSoftError(result) || hasHardError(result)
}

/** Whether the run changed something, so that running again gets further. */
export function madeSomeProgress(result: SyncResult): boolean {
  const { stats } = result
  return (stats.numDeletes > 0 && result.tooManyDeletions !== true) || stats.numInserts > 0 || stats.numUpdates > 0
}

/** The error that is reported when several happened: the first of this list, in Android's order. */
export function errorNameOf(result: SyncResult): string | undefined {
  const { stats } = result
  if (result.syncAlreadyInProgress) return 'already-in-progress'
  if (stats.numAuthExceptions > 0) return 'authentication-error'
  if (stats.numIoExceptions > 0) return 'io-error'
  if (stats.numParseExceptions > 0) return 'parse-error'
  if (stats.numConflicts > 0) return 'conflict'
  if (result.tooManyDeletions) return 'too-many-deletions'
  if (result.tooManyRetries) return 'too-many-retries'
  return result.databaseError ? 'internal-error' : undefined
}

/** Android's compact log code, such as `e1X1` for one parse error. Empty for a plain success. */
export function resultLogCode(result: SyncResult): string {
  const { stats } = result
  const parts = [
    result.fullSyncRequested && 'f1',
    result.moreRecordsToGet && 'm1',
    hasHardError(result) && 'X1',
    stats.numParseExceptions > 0 && `e${stats.numParseExceptions}`,
    stats.numConflicts > 0 && `c${stats.numConflicts}`,
    stats.numAuthExceptions > 0 && `a${stats.numAuthExceptions}`,
    result.tooManyDeletions && 'D1',
    result.tooManyRetries && 'R1',
    result.databaseError && 'b1',
    hasSoftError(result) && 'x1',
    result.syncAlreadyInProgress && 'l1',
    stats.numIoExceptions > 0 && `I${stats.numIoExceptions}`,
  ]
  return parts.filter((part) => part !== false && part !== undefined).join('')
}
