import type { DropReason, SyncHandle } from '../sync-request.ts'
import type { SyncOutcome } from '../sync-result.ts'
import { createSyncStats } from '../sync-result.ts'

/** The waiting ends of handles, by the operation that they follow. */
export class Handles {
  readonly #waiting = new Map<string, ((outcome: SyncOutcome) => void)[]>()

  /** A promise for the end of an operation. */
  follow(operation: string): Promise<SyncOutcome> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(operation)
      if (waiting === undefined) this.#waiting.set(operation, [resolve])
      else waiting.push(resolve)
    })
  }

  settle(operation: string, outcome: SyncOutcome): void {
    const waiting = this.#waiting.get(operation)
    if (waiting === undefined) return
    this.#waiting.delete(operation)
    for (const resolve of waiting) resolve(outcome)
  }

  /** Whoever follows `from` follows `into` from now on. */
  merge(from: string, into: string): void {
    const waiting = this.#waiting.get(from)
    if (waiting === undefined || from === into) return
    this.#waiting.delete(from)
    this.#waiting.set(into, [...(this.#waiting.get(into) ?? []), ...waiting])
  }

  /** The operations that somebody in this process waits for. */
  followed(): string[] {
    return [...this.#waiting.keys()]
  }

  settleAll(outcome: SyncOutcome): void {
    for (const operation of this.followed()) this.settle(operation, outcome)
  }
}

export function droppedOutcome(reason: DropReason | string, attempts = 0): SyncOutcome {
  return { outcome: 'dropped', reason, attempts, stats: createSyncStats() }
}

/** The outcome of a request that waits for its account: it is kept, and nobody knows how long. */
export function parkedOutcome(operation: { attempt: number }): SyncOutcome {
  return { outcome: 'parked', reason: 'authentication-error', attempts: operation.attempt, stats: createSyncStats() }
}

/** The handle of a request that nothing comes of. */
export function droppedHandle(id: string, reason: DropReason): SyncHandle {
  return { id, outcome: 'dropped', reason, accepted: Promise.resolve(), done: Promise.resolve(droppedOutcome(reason)) }
}

/** One handle for a request that became several operations. */
export function groupHandle(id: string, handles: readonly SyncHandle[]): SyncHandle {
  const accepted = Promise.all(handles.map((handle) => handle.accepted)).then(() => undefined)
  accepted.catch(() => undefined)
  const kept = handles.filter((handle) => handle.outcome !== 'dropped')
  const first = kept.find((handle) => handle.outcome === 'accepted') ?? kept[0] ?? handles[0]
  const counted = kept.length > 0 ? kept : handles
  const done = Promise.all(counted.map((handle) => handle.done)).then(worstOf)
  return { id, outcome: first?.outcome ?? 'dropped', ...(first?.reason && { reason: first.reason }), accepted, done }
}

const BY_SEVERITY = ['success', 'dropped', 'canceled', 'soft-error', 'hard-error', 'parked'] as const

/** The outcome of several: the worst, with all attempts and counters added up. */
function worstOf(outcomes: readonly SyncOutcome[]): SyncOutcome {
  const stats = createSyncStats()
  let worst: SyncOutcome | undefined
  let attempts = 0
  for (const outcome of outcomes) {
    attempts += outcome.attempts
    for (const name of Object.keys(stats) as (keyof typeof stats)[]) stats[name] += outcome.stats[name]
    if (worst === undefined || BY_SEVERITY.indexOf(outcome.outcome) > BY_SEVERITY.indexOf(worst.outcome))
      worst = outcome
  }
  return { ...(worst ?? droppedOutcome('no-adapter')), attempts, stats }
}
