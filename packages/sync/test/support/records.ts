import type { OperationRecord } from '../../src/queue/sync-operation.ts'

/** A queued operation with defaults for what a test does not care about. */
export function operation(fields: Partial<OperationRecord> = {}): OperationRecord {
  return {
    id: 'op',
    target: 1,
    service: 1,
    extras: '{}',
    flags: 0,
    lane: 2,
    gate: 1,
    reason: 'app',
    source: 'other',
    state: 'queued',
    attempt: 0,
    createdAt: 0,
    notBeforeAt: 0,
    dueAt: 0,
    waitingSince: 0,
    periodic: undefined,
    requester: 'me',
    claimedBy: undefined,
    startedAt: undefined,
    slot: undefined,
    stop: undefined,
    ...fields,
  }
}
