import type { Clock, Logger } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/foundation'
import type { BackoffPolicy } from './backoff.ts'
import type { SyncEnvironment } from './environment.ts'
import type { OperationStore } from './operation-store.ts'
import type { SyncAccounts } from './sync-accounts.ts'
import type { RunLimits, SyncAdapter } from './sync-adapter.ts'
import { checkBackoff, checkDurations, checkedObject } from './sync-request.ts'

export interface SyncManagerOptions {
  /** Whose data is synchronised. */
  readonly accounts: SyncAccounts
  readonly adapters?: readonly SyncAdapter[]
  /** Folder of the engine's database. Default: the vault's folder, so that processes which share accounts share syncs. */
  readonly directory?: string
  /** Another place for what the engine must not lose. Default: SQLite in `directory`. */
  readonly store?: OperationStore
  readonly clock?: Clock
  /** What the machine can do now. Default {@link alwaysConnected}. */
  readonly environment?: SyncEnvironment
  /** How many runs at once. Default 5 regular ones and 2 initialisation runs. */
  readonly concurrency?: { readonly regular?: number; readonly initialization?: number }
  readonly backoff?: Partial<BackoffPolicy>
  readonly limits?: Partial<RunLimits>
  /** The shortest period of a periodic sync. Default 900 000. */
  readonly minPeriodMs?: number
  /** How long after a local change it is uploaded, counted from the first change. Default 30 000. */
  readonly localChangeDelayMs?: number
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number
  readonly logger?: Logger
}

/** @throws TypeError, RangeError naming the option that is wrong. */
export function checkOptions(options: SyncManagerOptions): void {
  checkedObject(options, 'options')
  checkedObject(options.accounts, 'accounts')
  if (options.adapters !== undefined && !Array.isArray(options.adapters)) {
    throw new TypeError(`adapters must be an array, received ${kindOf(options.adapters)}`)
  }
  for (const name of ['regular', 'initialization'] as const) {
    const limit = options.concurrency?.[name]
    if (limit === undefined) continue
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`concurrency.${name} must be an integer of at least 1`)
  }
  checkBackoff('backoff', options.backoff)
  checkDurations('limits', { ...options.limits })
  const { minPeriodMs, localChangeDelayMs } = options
  checkDurations('', { minPeriodMs, localChangeDelayMs })
}
