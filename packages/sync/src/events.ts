import type { Account } from '@accountry/accounts'
import type { SyncReason } from './queue/sync-operation.ts'
import type { SyncProgress } from './sync-adapter.ts'
import type { SyncOutcome } from './sync-result.ts'

/** Where an operation went. */
export interface SyncOperationEvent {
  readonly at: number
  readonly account: Account
  readonly authority: string
  /** Id of the operation, which is the id of the handle. */
  readonly id: string
  readonly from: SyncOperationPhase
  readonly to: SyncOperationPhase
  /** Why the operation exists. */
  readonly reason: SyncReason
  readonly attempt: number
}

export type SyncOperationPhase = 'none' | 'queued' | 'held' | 'active' | 'parked' | 'over'

export interface SyncFinishedEvent extends SyncOperationEvent {
  /** `undefined`: the run is over and the operation is queued again. */
  readonly outcome: SyncOutcome | undefined
  /** Of this run: `success`, an error class, or why it was stopped. */
  readonly result: string
  /** When it runs again, if it does. */
  readonly nextRunAt?: number
}

export interface SyncDroppedEvent extends SyncOperationEvent {
  /** The refusal, in kebab-case. */
  readonly why: string
}

export interface SyncProgressEvent extends SyncOperationEvent {
  readonly progress: SyncProgress
}

export interface SyncTargetEvent {
  readonly at: number
  readonly account: Account
  readonly authority: string
}

export interface SyncParkedEvent extends SyncTargetEvent {
  readonly why: string
}

export interface SyncDeletionsEvent extends SyncTargetEvent {
  /** How many records would have been deleted. */
  readonly count: number
  /** What the person can answer: look at them; request a sync with `deletions: 'override'` or `'discard'`; do nothing. */
  readonly answers: readonly ['list', 'override', 'discard', 'nothing']
}

export interface SyncSettingsEvent {
  readonly at: number
  /** What changed: a switch, a state, a periodic sync, or a wait after errors. */
  readonly setting: 'master' | 'auto' | 'syncable' | 'periodic' | 'backoff' | 'delay'
  /** Absent: it concerns all. */
  readonly account?: Account
  readonly authority?: string
}

export interface SyncWarningEvent {
  readonly at: number
  readonly code: string
  readonly message: string
}

/** Everything that the engine announces, each after it is stored. A listener that throws disturbs nobody. */
export interface SyncManagerEvents {
  'sync:queued': [SyncOperationEvent]
  'sync:started': [SyncOperationEvent]
  'sync:progress': [SyncProgressEvent]
  'sync:finished': [SyncFinishedEvent]
  'sync:dropped': [SyncDroppedEvent]
  'sync:parked': [SyncParkedEvent]
  'sync:unparked': [SyncTargetEvent]
  'sync:settings': [SyncSettingsEvent]
  'sync:deletions-held': [SyncDeletionsEvent]
  'sync:deletions-released': [SyncTargetEvent]
  /** Another process changed something: what was asked before may have another answer now. */
  'sync:changed': [{ readonly at: number }]
  'sync:warning': [SyncWarningEvent]
}
