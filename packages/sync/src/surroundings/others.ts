import { announceDropped, announceQueued, factsOf } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import type { TargetRecord } from '../operation-store.ts'
import { enqueue } from '../queue/queue.ts'
import type { OperationRecord } from '../queue/sync-operation.ts'
import { canceledOutcome } from '../run/cancellation.ts'
import type { StopReason } from '../run/next-run.ts'
import type { Runner } from '../run/runner.ts'
import type { SyncOutcome } from '../sync-result.ts'

/** What this process has seen of the other processes on the same store. */
export class Others {
  readonly #engine: Engine
  readonly #runner: Runner
  #seenVersion: number
  #seenOutcome: number

  constructor(engine: Engine, runner: Runner) {
    this.#engine = engine
    this.#runner = runner
    this.#seenVersion = engine.store.dataVersion()
    this.#seenOutcome = engine.store.journal.lastOutcomeSeq()
  }

  /** Learns what others did, and takes over what the dead among them left. */
  async look(): Promise<void> {
    const version = this.#engine.store.dataVersion()
    if (version !== this.#seenVersion) {
      this.#seenVersion = version
      this.#obeyStops()
      this.#settleFollowed()
    }
    await this.#takeOverFromDead()
  }

  /** Another process canceled a run of ours, or needs its place; or it removed the operation with its account. */
  #obeyStops(): void {
    const { store } = this.#engine
    for (const run of this.#runner.active) {
      const stored = store.operations.get(run.operation.id)
      if (stored === undefined) this.#runner.stop(run, { kind: 'canceled', reason: 'account-removed' })
      else if (stored.stop === 'canceled') this.#runner.stop(run, { kind: 'canceled', reason: 'canceled' })
      else if (stored.stop !== undefined) {
        this.#runner.stop(run, { kind: 'stopped', reason: stored.stop as StopReason })
      }
    }
  }

  /** Somebody else ended what a handle of ours waits for. */
  #settleFollowed(): void {
    const { store, handles } = this.#engine
    for (const { seq, operation, outcome } of store.journal.listOutcomes(this.#seenOutcome)) {
      this.#seenOutcome = seq
      const { into, ...ended } = JSON.parse(outcome) as SyncOutcome & { into?: string }
      if (into === undefined) handles.settle(operation, ended)
      else handles.merge(operation, into)
    }
  }

  async #takeOverFromDead(): Promise<void> {
    const { store, log } = this.#engine
    const orphaned = this.#orphaned()
    if (orphaned.length === 0) return
    const taken = await store.write(() => this.#orphaned().map((operation) => takeOver(this.#engine, operation)))
    for (const entry of taken) {
      if (entry === undefined) continue
      const { operation, target } = entry
      if (entry.isCanceled) {
        this.#engine.handles.settle(operation.id, canceledOutcome(operation))
        announceDropped(this.#engine, factsOf(this.#engine, operation, target), 'active', 'canceled')
        continue
      }
      log.info('sync.taken-over', { operation: operation.id, authority: target.authority })
      announceQueued(this.#engine, { ...factsOf(this.#engine, operation, target), operation, merged: false })
    }
  }

  #orphaned(): OperationRecord[] {
    const { store } = this.#engine
    const alive = new Map<string, boolean>()
    return store.operations.listBusy().filter(({ claimedBy }) => {
      if (claimedBy === undefined || claimedBy === store.owner) return false
      if (!alive.has(claimedBy)) alive.set(claimedBy, store.isAlive(claimedBy))
      return alive.get(claimedBy) === false
    })
  }
}

/** Queues what a dead process was running, as if it had not begun. Inside a write. */
function takeOver(
  engine: Engine,
  operation: OperationRecord,
): { operation: OperationRecord; target: TargetRecord; isCanceled: boolean } | undefined {
  const { store } = engine
  store.operations.delete(operation.id)
  const target = store.targets.get(operation.target)
  if (operation.state === 'stuck' || target === undefined) return undefined
  if (operation.stop === 'canceled') {
    // It was canceled, and its owner died before it could obey: nobody wants it any more.
    store.journal.addOutcome(operation.id, JSON.stringify(canceledOutcome(operation)), engine.clock.now())
    return { operation, target, isCanceled: true }
  }
  const fresh = {
    ...operation,
    state: 'queued' as const,
    attempt: Math.max(0, operation.attempt - 1),
    claimedBy: undefined,
    startedAt: undefined,
    slot: undefined,
    stop: undefined,
  }
  const queued = enqueue(store, target, fresh)
  if (queued.operation.id !== operation.id) {
    store.journal.addOutcome(operation.id, JSON.stringify({ into: queued.operation.id }), engine.clock.now())
    engine.handles.merge(operation.id, queued.operation.id)
  }
  return { operation: queued.operation, target, isCanceled: false }
}
