import { NO_EXTRAS } from '../extras.ts'
import type { ServiceRecord } from '../operation-store.ts'
import {
  gateOf,
  has,
  INITIALIZE,
  LANE_EXPEDITED,
  LANE_INITIALIZE,
  LANE_REGULAR,
  type OperationRecord,
  type SyncReason,
} from './sync-operation.ts'

/** What distinguishes a new operation. */
export interface OperationDraft {
  readonly id?: string
  readonly extras?: string
  readonly flags?: number
  readonly expedited?: boolean
  readonly reason: SyncReason
  readonly source?: OperationRecord['source']
  readonly notBeforeAt?: number
  readonly periodic?: number
}

/** A new operation of a target, in the state in which it is handed to `enqueue`. */
export function createOperation(
  target: { id: number },
  service: ServiceRecord,
  draft: OperationDraft,
  now: number,
  requester: string,
): OperationRecord {
  const flags = draft.flags ?? 0
  const notBeforeAt = draft.notBeforeAt ?? now
  return {
    id: draft.id ?? crypto.randomUUID(),
    target: target.id,
    service: service.id,
    extras: draft.extras ?? NO_EXTRAS,
    flags,
    lane: has(flags, INITIALIZE) ? LANE_INITIALIZE : draft.expedited ? LANE_EXPEDITED : LANE_REGULAR,
    gate: gateOf(flags, service.network),
    reason: draft.reason,
    source: draft.source ?? 'other',
    state: 'queued',
    attempt: 0,
    createdAt: now,
    notBeforeAt,
    dueAt: notBeforeAt,
    waitingSince: notBeforeAt,
    periodic: draft.periodic,
    requester,
    claimedBy: undefined,
    startedAt: undefined,
    slot: undefined,
    stop: undefined,
  }
}
