import type { Clock, Logger } from '@accountry/accounts'
import type { BackoffPolicy } from './backoff.ts'
import type { SyncEnvironment } from './environment.ts'
import type { OperationStore } from './operation-store.ts'
import type { SyncAccounts } from './sync-accounts.ts'
import type { RunLimits, SyncAdapter } from './sync-adapter.ts'

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
