import type { CanonicalExtras } from '../extras.ts'

/** Why an operation exists. */
export type SyncReason =
  | 'user'
  | 'push'
  | 'app'
  | 'local-change'
  | 'account-recovered'
  | 'auto-sync'
  | 'master-sync-auto'
  | 'is-syncable'
  | 'accounts-updated'
  | 'service-changed'
  | 'full-sync-requested'
  | 'more-records'
  | 'periodic'

/** What kind of trigger a run is counted under. Android's sources. */
export type SyncSource = 'other' | 'local' | 'poll' | 'user' | 'periodic' | 'feed'

/** What a request changes about its run; part of the operation's key. A set of bits. */
export type SyncFlags = number
export const UPLOAD = 1
export const IGNORE_SETTINGS = 2
export const IGNORE_BACKOFF = 4
export const DO_NOT_RETRY = 8
export const REQUIRES_CHARGING = 16
export const DISALLOW_METERED = 32
/** The person confirmed that many local records may be deleted. */
export const OVERRIDE_TOO_MANY_DELETIONS = 64
/** The person chose to keep what would have been deleted. */
export const DISCARD_LOCAL_DELETIONS = 128
/** A run that only finds out whether the target can be synchronised. */
export const INITIALIZE = 256

/** A token of this operation was refused and replaced; the next refusal counts. */
export const TOKEN_RENEWED = 512

/** Order of starting: initialisation, then expedited, then the rest. */
export type Lane = 0 | 1 | 2
export const LANE_INITIALIZE = 0
export const LANE_EXPEDITED = 1
export const LANE_REGULAR = 2

/** What must hold around the machine: a need for the network (0 none, 1 any, 2 unmetered), plus 4 for charging. */
export type Gate = number
export const GATE_CHARGING = 4

/**
 * Where an operation is in its life. Pending is `queued`, active is `running`: nothing else stores either.
 *
 * `held` waits for the target's initialisation, `parked` for the account; `stuck` was stopped, but its adapter has not
 * returned yet, so it still keeps its place.
 */
export type OperationState = 'queued' | 'held' | 'parked' | 'running' | 'stuck'

/** One run that is wanted, as stored. */
export interface OperationRecord {
  readonly id: string
  /** Row of the target. */
  readonly target: number
  /** Row of the service: account type and authority. */
  readonly service: number
  readonly extras: CanonicalExtras
  readonly flags: SyncFlags
  readonly lane: Lane
  readonly gate: Gate
  readonly reason: SyncReason
  readonly source: SyncSource
  readonly state: OperationState
  /** How often the adapter ran for it. */
  readonly attempt: number
  readonly createdAt: number
  /** Asked for not before this instant. */
  readonly notBeforeAt: number
  /** When it may run: `notBeforeAt`, and the target's backoff and delay where they count. */
  readonly dueAt: number
  /** Since when it has been ready, whatever put it off since: the longer, the more urgent. */
  readonly waitingSince: number
  /** The periodic sync it came from. */
  readonly periodic: number | undefined
  /** Instance that asked for it; `*` when several did. */
  readonly requester: string
  /** Instance that runs it. */
  readonly claimedBy: string | undefined
  readonly startedAt: number | undefined
  /** The place that it keeps while it is busy, when its adapter runs once at a time; unique in the store. */
  readonly slot: string | undefined
  /** Set by others: the owner shall stop the run, for this reason. */
  readonly stop: string | undefined
}

/** The target's waits, as far as they decide about operations. */
export interface TargetWaits {
  readonly backoffUntilAt: number
  readonly delayUntilAt: number
}

/** Whether an operation has not begun. */
export function isWaiting({ state }: Pick<OperationRecord, 'state'>): boolean {
  return state === 'queued' || state === 'held' || state === 'parked'
}

export function has(flags: SyncFlags, flag: SyncFlags): boolean {
  return (flags & flag) !== 0
}

/** The earliest instant at which an operation may run. */
export function dueAtOf(operation: Pick<OperationRecord, 'flags' | 'notBeforeAt'>, waits: TargetWaits): number {
  if (has(operation.flags, IGNORE_BACKOFF)) return operation.notBeforeAt
  return Math.max(operation.notBeforeAt, waits.backoffUntilAt, waits.delayUntilAt)
}

/** The gate of an operation of a service that needs this much network. */
export function gateOf(flags: SyncFlags, network: 'none' | 'any' | 'unmetered'): Gate {
  const need = network === 'none' ? 0 : network === 'unmetered' || has(flags, DISALLOW_METERED) ? 2 : 1
  return need + (has(flags, REQUIRES_CHARGING) ? GATE_CHARGING : 0)
}

const REASONS_BY_WEIGHT: readonly SyncReason[] = ['periodic', 'local-change', 'app', 'push', 'user']

/** A request for what is queued already: one run, as early and as urgent as the more demanding of both. */
export function mergeOperations(queued: OperationRecord, incoming: OperationRecord): OperationRecord {
  const incomingWeighs = REASONS_BY_WEIGHT.indexOf(incoming.reason) > REASONS_BY_WEIGHT.indexOf(queued.reason)
  return {
    ...queued,
    lane: Math.min(queued.lane, incoming.lane) as Lane,
    notBeforeAt: Math.min(queued.notBeforeAt, incoming.notBeforeAt),
    dueAt: Math.min(queued.dueAt, incoming.dueAt),
    waitingSince: Math.min(queued.waitingSince, incoming.waitingSince),
    reason: incomingWeighs ? incoming.reason : queued.reason,
    source: incomingWeighs ? incoming.source : queued.source,
    periodic: queued.periodic ?? incoming.periodic,
    requester: queued.requester === incoming.requester ? queued.requester : '*',
  }
}
