import type { SyncEnvironment } from '../environment.ts'
import type { OperationStore } from '../operation-store.ts'
import type { Gate, Lane, OperationRecord } from './sync-operation.ts'
import { GATE_CHARGING, LANE_EXPEDITED, LANE_INITIALIZE, LANE_REGULAR } from './sync-operation.ts'

/** Regular work that has waited this long is as urgent as expedited work, so that a stream of it starves nothing. */
export const AGING_MS = 60_000
const FIRST_LOOK = 16
const LONGEST_LOOK = 4_096

/** The gates that are open now. Storage that is low closes all. */
export function openGates(environment: Pick<SyncEnvironment, 'network' | 'charging' | 'storageLow'>): Gate[] {
  if (environment.storageLow) return []
  const needs = environment.network === 'none' ? [0] : environment.network === 'metered' ? [0, 1] : [0, 1, 2]
  return environment.charging ? needs.flatMap((need) => [need, need + GATE_CHARGING]) : needs
}

export function isAged(operation: OperationRecord, now: number): boolean {
  return now - operation.waitingSince >= AGING_MS
}

/** The lane in which an operation counts that has waited so long: nothing urgent passes it then. */
export function laneAt(operation: OperationRecord, at: number): Lane {
  return operation.lane === LANE_REGULAR && isAged(operation, at) ? LANE_EXPEDITED : operation.lane
}

/** Orders candidates: initialisation, then expedited and aged ones, then the rest; within each by due instant. */
export function compareCandidates(now: number): (one: OperationRecord, other: OperationRecord) => number {
  return (one, other) =>
    laneAt(one, now) - laneAt(other, now) || one.waitingSince - other.waitingSince || one.createdAt - other.createdAt
}

/**
 * Due operations of one service and lane, the most urgent first, as many as are `wanted` after `isPossible` has thrown
 * out what cannot start. Looks further down the queue only when the first look was not enough.
 */
export function listCandidates(
  store: OperationStore,
  query: { service: number; gates: readonly Gate[]; lane: Lane; now: number; exceptTargets: readonly number[] },
  wanted: number,
  isPossible: (operation: OperationRecord) => boolean,
): OperationRecord[] {
  const { service, gates, lane, now, exceptTargets } = query
  const found: OperationRecord[] = []
  for (const gate of gates) {
    for (let look = FIRST_LOOK; ; look *= 4) {
      const due = store.operations.listDue({ service, gate, lane, now, exceptTargets }, look)
      const possible = due.filter(isPossible)
      if (possible.length >= wanted || due.length < look || look >= LONGEST_LOOK) {
        found.push(...possible.slice(0, wanted))
        break
      }
    }
  }
  return found
}

export const LANES: readonly Lane[] = [LANE_INITIALIZE, LANE_EXPEDITED, LANE_REGULAR]
