import type { Clock, Logger } from '@accountry/accounts'
import type { SyncEventHub } from './answers/event-hub.ts'
import type { Engine } from './engine.ts'
import { alwaysConnected } from './environment.ts'
import type { OperationStore } from './operation-store.ts'
import { MIN_PERIOD_MS } from './periodic/periodic.ts'
import { Handles } from './queue/handles.ts'
import { AdapterRegistry } from './run/adapter-registry.ts'
import { DEFAULT_BACKOFF } from './run/backoff.ts'
import type { AccountRoster } from './surroundings/account-roster.ts'
import type { ClockWatch } from './surroundings/clock-watch.ts'
import { Surroundings, type SurroundingsListener } from './surroundings/surroundings.ts'
import type { RunLimits } from './sync-adapter.ts'
import type { SyncManagerOptions } from './sync-manager-options.ts'

export const DEFAULT_LIMITS: RunLimits = { inactivityMs: 0, maxRunMs: 1_800_000, graceMs: 5_000 }
export const DEFAULT_CONCURRENCY = { regular: 5, initialization: 2 } as const

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** What is opened before the engine is put together. */
export interface EngineParts {
  readonly options: SyncManagerOptions
  readonly store: OperationStore
  readonly roster: AccountRoster
  readonly events: SyncEventHub
  readonly clock: Clock
  readonly clockWatch: ClockWatch
  /** What was found wrong with the store and set right; announced when the engine starts. */
  readonly warning: { readonly code: string; readonly message: string } | undefined
}

/** The shared part of an engine, with the defaults of everything that was not given. */
export function createEngine(
  { options, store, roster, events, clock, clockWatch }: EngineParts,
  { wake, ...listener }: SurroundingsListener & { wake(): void },
): Engine {
  const minPeriodMs = options.minPeriodMs ?? MIN_PERIOD_MS
  return {
    store: clockWatch.guard(),
    accounts: options.accounts,
    roster,
    adapters: new AdapterRegistry(store, minPeriodMs),
    clock,
    random: options.random ?? Math.random,
    environment: new Surroundings(options.environment ?? alwaysConnected(), clock, listener),
    events,
    handles: new Handles(),
    backoff: { ...DEFAULT_BACKOFF, ...options.backoff },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    concurrency: { ...DEFAULT_CONCURRENCY, ...options.concurrency },
    minPeriodMs,
    log: options.logger ?? SILENT,
    storeVersion: () => clockWatch.version(),
    wake,
  }
}
