import type { OperationRecord, OperationStore, ServiceRecord, TargetRecord } from '@accountry/sync'

/** The instant at which the records of the suite are made. */
export const NOW = 1_000_000

/** A service as an adapter registers it. */
export function service(fields: Partial<ServiceRecord> = {}): Omit<ServiceRecord, 'id'> {
  return {
    accountType: 'type1',
    authority: 'X',
    network: 'any',
    supportsUploading: true,
    isAlwaysSyncable: true,
    userVisible: true,
    asksReadiness: false,
    registered: true,
    defaultAuto: false,
    defaultPeriodMs: undefined,
    defaultFlexMs: undefined,
    ...fields,
  }
}

export function target(serviceId: number, fields: Partial<TargetRecord> = {}): Omit<TargetRecord, 'id'> {
  return {
    service: serviceId,
    accountId: 'a',
    accountType: 'type1',
    authority: 'X',
    syncable: 1,
    auto: true,
    backoffMs: 0,
    backoffUntilAt: 0,
    delayUntilAt: 0,
    delaySetAt: 0,
    parkedAt: undefined,
    parkedReason: undefined,
    parkedRevision: undefined,
    deletionsHeld: 0,
    cursor: undefined,
    status: '',
    createdAt: NOW,
    ...fields,
  }
}

export function operation(place: TargetRecord, fields: Partial<OperationRecord> = {}): OperationRecord {
  return {
    id: crypto.randomUUID(),
    target: place.id,
    service: place.service,
    extras: '{}',
    flags: 0,
    lane: 2,
    gate: 1,
    reason: 'app',
    source: 'other',
    state: 'queued',
    attempt: 0,
    createdAt: NOW,
    notBeforeAt: NOW,
    dueAt: NOW,
    waitingSince: NOW,
    periodic: undefined,
    requester: 'me',
    claimedBy: undefined,
    startedAt: undefined,
    slot: undefined,
    stop: undefined,
    ...fields,
  }
}

export function periodicOf(
  place: TargetRecord,
  fields: object = {},
): Parameters<OperationStore['periodics']['insert']>[0] {
  const made = { target: place.id, service: place.service, extras: '{}', periodMs: 1_000, flexMs: 100, dueAt: NOW }
  return { ...made, armed: true, createdAt: 0, ...fields }
}
