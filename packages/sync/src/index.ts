export { formatDuration } from './answers/duration.ts'
export type { PendingSync, SyncExplanation } from './answers/explain.ts'
export type { RunOutcome } from './answers/history.ts'
export type { SyncTargetFilter, SyncTargetInfo } from './answers/known-targets.ts'
export type { HistoryFilter, SyncDayStats, SyncHistoryItem, SyncInfo, SyncStatus } from './answers/questions.ts'
export type { SyncTotals } from './answers/status.ts'
export type { NodeEnvironment, NodeEnvironmentOptions } from './environment/node-environment.ts'
export { nodeEnvironment } from './environment/node-environment.ts'
export type { SyncEnvironment } from './environment.ts'
export { alwaysConnected } from './environment.ts'
export type {
  SyncDeletionsEvent,
  SyncDroppedEvent,
  SyncFinishedEvent,
  SyncManagerEvents,
  SyncOperationEvent,
  SyncOperationPhase,
  SyncParkedEvent,
  SyncProgressEvent,
  SyncSettingsEvent,
  SyncTargetEvent,
  SyncWarningEvent,
} from './events.ts'
export type { SyncExtra, SyncExtras } from './extras.ts'
export { areExtrasEqual } from './extras.ts'
export type {
  DayRecord,
  DueQuery,
  HistoryRecord,
  JournalTable,
  OperationStore,
  OperationTable,
  OutcomeRecord,
  PeriodicRecord,
  PeriodicTable,
  ServiceRecord,
  ServiceTable,
  TargetRecord,
  TargetTable,
} from './operation-store.ts'
export type { PeriodicSync, PeriodicSyncRequest } from './periodic-sync.ts'
export { arePeriodicSyncsEqual } from './periodic-sync.ts'
export type { EventSourceTriggerOptions } from './push/event-source-trigger.ts'
export { createEventSourceTrigger } from './push/event-source-trigger.ts'
export type {
  PushMessage,
  PushTarget,
  SyncTrigger,
  SyncTriggerOptions,
  SyncTriggerState,
} from './push/sync-trigger.ts'
export type { WebSocketTriggerOptions } from './push/web-socket-trigger.ts'
export { createWebSocketTrigger } from './push/web-socket-trigger.ts'
export type { Syncable } from './queue/readiness.ts'
export type { OperationRecord, OperationState, SyncReason, SyncSource } from './queue/sync-operation.ts'
export type { BackoffPolicy } from './run/backoff.ts'
export { DEFAULT_BACKOFF } from './run/backoff.ts'
export { openSqliteStore } from './sqlite/open-sqlite-store.ts'
export type { SqliteStoreOptions } from './sqlite/sqlite-store.ts'
export type { SyncClock } from './surroundings/sleep-meter.ts'
export type { SyncAccounts } from './sync-accounts.ts'
export type {
  RunLimits,
  SyncAdapter,
  SyncAdapterType,
  SyncContext,
  SyncCursor,
  SyncProgress,
} from './sync-adapter.ts'
export type { CancelRequest } from './sync-manager.ts'
export { SyncManager } from './sync-manager.ts'
export type { SyncManagerOptions } from './sync-manager-options.ts'
export type { DropReason, SyncHandle, SyncRequest, SyncTarget } from './sync-request.ts'
export type { SyncError, SyncOutcome, SyncOutcomeKind, SyncResult, SyncStats } from './sync-result.ts'
export {
  createSyncResult,
  createSyncStats,
  hasError,
  hasHardError,
  hasSoftError,
  madeSomeProgress,
  resultLogCode,
  SyncRetry,
} from './sync-result.ts'
