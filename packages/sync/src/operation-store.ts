import type { CanonicalExtras } from './extras.ts'
import type { Syncable } from './queue/readiness.ts'
import type { Gate, Lane, OperationRecord, SyncFlags } from './queue/sync-operation.ts'

/** An account type and authority for which some process registered an adapter. */
export interface ServiceRecord {
  readonly id: number
  readonly accountType: string
  readonly authority: string
  readonly network: 'none' | 'any' | 'unmetered'
  readonly supportsUploading: boolean
  readonly isAlwaysSyncable: boolean
  readonly userVisible: boolean
  /** Whether the adapter wants to be asked before an account's first run. */
  readonly asksReadiness: boolean
  /** `false`: settings were made for it, but no adapter ever came. */
  readonly registered: boolean
  readonly defaultAuto: boolean
  readonly defaultPeriodMs: number | undefined
  readonly defaultFlexMs: number | undefined
}

/** One (account, authority): its settings, waits and memory. */
export interface TargetRecord {
  readonly id: number
  readonly service: number
  readonly accountId: string
  readonly accountType: string
  readonly authority: string
  readonly syncable: Syncable
  readonly auto: boolean
  readonly backoffMs: number
  readonly backoffUntilAt: number
  readonly delayUntilAt: number
  /** When `delayUntilAt` was written: tells a long delay from a clock that was wrong. */
  readonly delaySetAt: number
  readonly parkedAt: number | undefined
  readonly parkedReason: string | undefined
  /** The account's credential revision when it was parked: another one ends the parking. */
  readonly parkedRevision: number | undefined
  /** Records that wait for the person's word, or 0. */
  readonly deletionsHeld: number
  readonly cursor: string | undefined
  /** What `status.ts` remembers, as JSON. */
  readonly status: string
  readonly createdAt: number
}

export interface PeriodicRecord {
  readonly id: number
  readonly target: number
  readonly service: number
  readonly extras: CanonicalExtras
  readonly periodMs: number
  readonly flexMs: number
  readonly dueAt: number
  /** Whether the target's settings let it run. */
  readonly armed: boolean
  readonly createdAt: number
}

export interface HistoryRecord {
  readonly id: number
  readonly operation: string
  readonly accountId: string
  readonly accountType: string
  readonly authority: string
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: string
  readonly result: string
  readonly reason: string
  readonly source: string
  readonly initialize: boolean
  readonly stats: string
  readonly message: string | undefined
}

export interface DayRecord {
  /** Days since the epoch, in UTC. */
  readonly day: number
  readonly successCount: number
  readonly successMs: number
  readonly failureCount: number
  readonly failureMs: number
}

/** What became of an operation that another process asked for. */
export interface OutcomeRecord {
  readonly seq: number
  readonly operation: string
  /** A `SyncOutcome` as JSON, or `{ "into": id }` when the operation was merged. */
  readonly outcome: string
}

export interface ServiceTable {
  list(): ServiceRecord[]
  get(id: number): ServiceRecord | undefined
  find(accountType: string, authority: string): ServiceRecord | undefined
  /** Inserts it, or updates what is known of it. */
  put(service: Omit<ServiceRecord, 'id'>): ServiceRecord
}

/** Which targets; nothing set: all. */
export interface TargetFilter {
  readonly accountId?: string
  readonly authority?: string
  readonly service?: number
  readonly parked?: boolean
  /** Whose switch is on. */
  readonly auto?: boolean
  /** That wait after errors. */
  readonly backedOff?: boolean
  /** That wait after errors or because the server asked. */
  readonly waits?: boolean
}

export interface TargetTable {
  find(accountId: string, authority: string): TargetRecord | undefined
  /** The same, and whether any of its operations waits: one look for what each request has to know. */
  findForRequest(accountId: string, authority: string): { target: TargetRecord; hasWaiting: boolean } | undefined
  get(id: number): TargetRecord | undefined
  insert(target: Omit<TargetRecord, 'id'>): TargetRecord
  save(target: TargetRecord): void
  /** Gives it, its operations and its periodic syncs to another service of the same account type. */
  move(id: number, service: Pick<ServiceRecord, 'id' | 'authority'>): void
  /** Removes it with its operations and periodic syncs. */
  delete(id: number): void
  list(filter?: TargetFilter): TargetRecord[]
  /** Ids and types of all accounts that have a target. */
  accounts(): { accountId: string; accountType: string }[]
  /** Moves every wait by `byMs`, after the wall clock was set. */
  shiftWaits(byMs: number): void
}

export interface OperationTable {
  /** What a run last reported, as JSON, for processes that show it. */
  getProgress(id: string): string | undefined
  setProgress(id: string, progress: string): void
  get(id: string): OperationRecord | undefined
  /** The operation with this key (flags and extras) that has not begun. */
  findWaiting(target: number, flags: SyncFlags, extras: CanonicalExtras): OperationRecord | undefined
  /** Whether an operation that came from this periodic sync is not over. */
  hasOfPeriodic(periodic: number): boolean
  /** In order of arrival. */
  listOf(target: number): OperationRecord[]
  /** All that have begun and keep their place: `running` and `stuck`. */
  listBusy(): OperationRecord[]
  /** All that have not begun, in order of arrival. */
  listWaiting(limit?: number): OperationRecord[]
  insert(operation: OperationRecord): void
  /** Writes all fields of a stored operation; `false` when it is gone. */
  save(operation: OperationRecord): boolean
  delete(id: string): void
  /** Queued ones that are due, the earliest first. */
  listDue(query: DueQuery, limit: number): OperationRecord[]
  /** The earliest due instant after `now` of queued ones. */
  nextDueAt(query: Omit<DueQuery, 'lane' | 'exceptTargets'>): number | undefined
  /** Waiting ones that claim to be made after this instant. */
  listCreatedAfter(at: number): OperationRecord[]
  /** Moves the instants of waiting ones by `byMs`, after the wall clock was set. */
  shiftWaits(byMs: number): void
  /** How many wait: queued, held or parked. */
  countWaiting(): number
}

export interface DueQuery {
  readonly service: number
  readonly gate: Gate
  readonly lane: Lane
  readonly now: number
  /** Rows of targets whose operations are left out. */
  readonly exceptTargets?: readonly number[]
}

export interface PeriodicTable {
  get(id: number): PeriodicRecord | undefined
  find(target: number, extras: CanonicalExtras): PeriodicRecord | undefined
  listOf(target: number): PeriodicRecord[]
  insert(periodic: Omit<PeriodicRecord, 'id'>): PeriodicRecord
  save(periodic: PeriodicRecord): void
  delete(id: number): void
  /** Armed ones of a service that are due at `now`, the earliest first. */
  listDue(service: number, now: number, limit: number): PeriodicRecord[]
  /** Armed ones of a service that may run at `now`: inside their flex. */
  listOpen(service: number, now: number, limit: number): PeriodicRecord[]
  /** All whose due instant lies further ahead than their period and `toleranceMs`: the clock was set back. */
  listBeyondPeriod(now: number, toleranceMs: number): PeriodicRecord[]
  /** The earliest due instant of armed ones. */
  nextDueAt(service: number): number | undefined
  armOf(target: number, armed: boolean): void
  /** Arms those whose target is syncable and switched on, or none. */
  armAll(master: boolean): void
}

export interface JournalTable {
  addHistory(item: Omit<HistoryRecord, 'id'>, keep: number): void
  listHistory(filter: { accountId?: string; authority?: string; limit: number }): HistoryRecord[]
  deleteHistoryOf(accountId: string): void
  getDay(day: number): DayRecord | undefined
  listDays(): DayRecord[]
  saveDay(day: DayRecord, keep: number): void
  addOutcome(operation: string, outcome: string, at: number): void
  listOutcomes(afterSeq: number): OutcomeRecord[]
  lastOutcomeSeq(): number
  deleteOutcomesBefore(at: number): void
}

/**
 * Where the engine keeps everything that it must not lose. The storage is the truth; the engine holds no state that
 * cannot be read from it again.
 *
 * Reading is synchronous and sees what is committed. Changes are made only inside {@link OperationStore.write}: all of
 * them or none, durable when its promise resolves, and never at the same time as those of another process.
 * `describeOperationStore` of `@accountry/testing` is the specification of an implementation.
 */
export interface OperationStore {
  /** Random id of this instance among those that share the store. */
  readonly owner: string
  readonly services: ServiceTable
  readonly targets: TargetTable
  readonly operations: OperationTable
  readonly periodics: PeriodicTable
  readonly journal: JournalTable
  getMeta(name: string): string | undefined
  setMeta(name: string, value: string): void
  write<T>(run: () => T): Promise<T>
  /** Whether the instance that calls itself `owner` still runs. */
  isAlive(owner: string): boolean
  /** A number that changes when another instance has committed. */
  dataVersion(): number
  /** Calls `listener` soon after another instance committed. A hint: it may be missed. */
  onChange(listener: () => void): () => void
  close(): void
}
