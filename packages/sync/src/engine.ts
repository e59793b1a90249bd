import type { Clock, Logger } from '@accountry/accounts'
import type { SyncEventHub } from './answers/event-hub.ts'
import type { OperationStore } from './operation-store.ts'
import type { Handles } from './queue/handles.ts'
import type { AdapterRegistry } from './run/adapter-registry.ts'
import type { BackoffPolicy } from './run/backoff.ts'
import type { AccountRoster } from './surroundings/account-roster.ts'
import type { Surroundings } from './surroundings/surroundings.ts'
import type { SyncAccounts } from './sync-accounts.ts'
import type { RunLimits } from './sync-adapter.ts'

/** What the rooms of the engine share. Everything in it is given when the engine is opened, and nothing is replaced. */
export interface Engine {
  readonly store: OperationStore
  readonly accounts: SyncAccounts
  readonly roster: AccountRoster
  readonly adapters: AdapterRegistry
  readonly clock: Clock
  readonly random: () => number
  readonly environment: Surroundings
  readonly events: SyncEventHub
  readonly handles: Handles
  readonly backoff: BackoffPolicy
  readonly limits: RunLimits
  readonly concurrency: { readonly regular: number; readonly initialization: number }
  readonly minPeriodMs: number
  readonly log: Logger
  /** Changes whenever anybody has committed. */
  storeVersion(): string
  /** Something changed: look again at what is due. */
  wake(): void
}
