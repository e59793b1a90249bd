import { laneAt } from './selection.ts'
import type { OperationRecord } from './sync-operation.ts'

/** The place in the store that an operation of an adapter which runs once at a time keeps while it is busy. */
export function slotOf(operation: Pick<OperationRecord, 'service'>, allowParallelSyncs: boolean): string | undefined {
  return allowParallelSyncs ? undefined : `service:${operation.service}`
}

/** Stuck, or on its way out already: nothing more can be asked of it. */
function isImmovable({ state, stop }: OperationRecord): boolean {
  return state === 'stuck' || stop !== undefined
}

/**
 * The targets of which nothing in this lane can begin beside what is busy, so that however much of it is queued hides
 * nothing behind it; `'all'` where the adapter runs once at a time and is at work.
 */
export function blockedTargets(
  { service, lane }: Pick<OperationRecord, 'service' | 'lane'>,
  busy: readonly OperationRecord[],
  allowParallelSyncs: boolean,
): readonly number[] | 'all' {
  const slot = slotOf({ service }, allowParallelSyncs)
  const immovable = busy.filter((other) => isImmovable(other) || laneInTheWay(other) <= lane)
  if (slot !== undefined && immovable.some((other) => other.slot === slot)) return 'all'
  return immovable.filter((other) => other.service === service).map(({ target }) => target)
}

function laneInTheWay(busy: OperationRecord): number {
  return busy.startedAt === undefined ? busy.lane : laneAt(busy, busy.startedAt)
}

export type ConflictVerdict =
  | { readonly kind: 'free' }
  /** Somebody as urgent, or more, is at work. */
  | { readonly kind: 'wait'; readonly for: OperationRecord }
  /** These make room. */
  | { readonly kind: 'preempt'; readonly victims: readonly OperationRecord[] }

/**
 * Whether a candidate may run beside what is busy.
 *
 * The same target is never synchronised twice at the same time; an adapter that is not parallel serves one account at a
 * time. A more urgent lane takes the place of a less urgent one; equals wait. What is stuck cannot make room, and what had
 * waited long when it began is not made to by what is expedited, or a stream of that would never let it finish. Call it only
 * for candidates that are valid: an invalid one must not stop a healthy run.
 */
export function judgeConflict(
  candidate: OperationRecord,
  busy: readonly OperationRecord[],
  allowParallelSyncs: boolean,
): ConflictVerdict {
  const slot = slotOf(candidate, allowParallelSyncs)
  const inTheWay = busy.filter(
    (other) => other.target === candidate.target || (slot !== undefined && other.slot === slot),
  )
  if (inTheWay.length === 0) return { kind: 'free' }
  const blocking = inTheWay.find((other) => isImmovable(other) || laneInTheWay(other) <= candidate.lane)
  return blocking === undefined ? { kind: 'preempt', victims: inTheWay } : { kind: 'wait', for: blocking }
}
