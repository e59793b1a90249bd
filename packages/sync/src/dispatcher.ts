import { announceDropped, factsOf } from './announce.ts'
import { judgeConflict, slotOf } from './conflicts.ts'
import type { Engine } from './engine.ts'
import type { OperationStore, TargetRecord } from './operation-store.ts'
import { queueDuePeriodics } from './periodic-queue.ts'
import { dropOperation, isMasterOn } from './queue.ts'
import { switchedOff } from './readiness.ts'
import type { Runner } from './runner.ts'
import { compareCandidates, isAged, LANES, listCandidates, openGates } from './selection.ts'
import {
  has,
  IGNORE_SETTINGS,
  INITIALIZE,
  LANE_EXPEDITED,
  LANE_INITIALIZE,
  LANE_REGULAR,
  type OperationRecord,
} from './sync-operation.ts'

/** What one look at the queue led to. */
interface Claims {
  readonly started: { operation: OperationRecord; target: TargetRecord }[]
  readonly dropped: { operation: OperationRecord; target: TargetRecord; why: string }[]
  /** Operations of this process that make room for more urgent ones. */
  readonly victims: OperationRecord[]
}

/** Picks what runs next and claims it, so that of all processes exactly one runs it. */
export class Dispatcher {
  readonly #engine: Engine
  readonly #runner: Runner

  constructor(engine: Engine, runner: Runner) {
    this.#engine = engine
    this.#runner = runner
  }

  /** Claims and starts what is due and possible. */
  async dispatch(): Promise<void> {
    const { store, clock } = this.#engine
    if (!this.#hasWork()) return
    const free = await this.#runner.freeSlots()
    const claims = await store.write(() => {
      queueDuePeriodics(this.#engine, clock.now())
      return this.#claim(free)
    })
    for (const { operation, target, why } of claims.dropped) {
      announceDropped(this.#engine, factsOf(this.#engine, operation, target), 'queued', why)
    }
    for (const { operation, target } of claims.started) this.#runner.start(operation, target)
    for (const victim of claims.victims) {
      const run = this.#runner.find(victim.id)
      if (run !== undefined) this.#runner.stop(run, { kind: 'stopped', reason: 'preempted' })
    }
  }

  /** A look without a lock: a turn that finds nothing writes nothing. */
  #hasWork(): boolean {
    const { store, adapters, clock, environment } = this.#engine
    const now = clock.now()
    const gates = openGates(environment)
    for (const service of adapters.served()) {
      if ((store.periodics.nextDueAt(service) ?? Number.POSITIVE_INFINITY) <= now) return true
      for (const gate of gates) {
        for (const lane of LANES) if (store.operations.listDue({ service, gate, lane, now }, 1).length > 0) return true
      }
    }
    return false
  }

  /** Inside a write. */
  #claim(free: { regular: number; initialization: number }): Claims {
    const { store, adapters, clock, environment } = this.#engine
    const now = clock.now()
    const busy = store.operations.listBusy()
    const gates = openGates(environment)
    const left = { ...free }
    const claims: Claims = { started: [], dropped: [], victims: [] }
    const candidates: OperationRecord[] = []
    for (const service of adapters.served()) {
      for (const lane of LANES) {
        const wanted = (lane === LANE_INITIALIZE ? left.initialization : left.regular) + 1
        candidates.push(
          ...listCandidates(store, { service, gates, lane, now }, wanted, (operation) =>
            this.#isPossible(operation, busy),
          ),
        )
      }
    }
    candidates.sort(compareCandidates(now))
    for (const candidate of candidates) this.#consider(candidate, busy, left, claims, now)
    return claims
  }

  #isPossible(operation: OperationRecord, busy: readonly OperationRecord[]): boolean {
    const parallel = this.#engine.adapters.serving(operation.service)?.allowParallelSyncs === true
    return judgeConflict(operation, busy, parallel).kind !== 'wait'
  }

  #consider(
    candidate: OperationRecord,
    busy: OperationRecord[],
    left: { regular: number; initialization: number },
    claims: Claims,
    now: number,
  ): void {
    const { store, adapters, roster } = this.#engine
    const target = store.targets.get(candidate.target)
    // An account that this process may not see is another process's to synchronise.
    if (target === undefined || roster.get(target.accountId) === undefined) return
    const why = refusalAtStart(store, candidate, target)
    if (why !== undefined) {
      dropOperation(store, candidate, why, now)
      claims.dropped.push({ operation: candidate, target, why })
      return
    }
    const parallel = adapters.serving(candidate.service)?.allowParallelSyncs === true
    const verdict = judgeConflict(candidate, busy, parallel)
    if (verdict.kind === 'wait') return
    if (verdict.kind === 'preempt') {
      this.#preempt(verdict.victims, claims)
      return
    }
    const pool = candidate.lane === LANE_INITIALIZE ? 'initialization' : 'regular'
    if (left[pool] <= 0) {
      if (candidate.lane === LANE_EXPEDITED) this.#makeRoom(claims, now)
      return
    }
    left[pool]--
    const claimed: OperationRecord = {
      ...candidate,
      state: 'running',
      claimedBy: store.owner,
      startedAt: now,
      attempt: candidate.attempt + 1,
      slot: slotOf(candidate, parallel),
      stop: undefined,
    }
    store.operations.save(claimed)
    busy.push(claimed)
    claims.started.push({ operation: claimed, target })
  }

  #preempt(victims: readonly OperationRecord[], claims: Claims): void {
    const { store } = this.#engine
    for (const victim of victims) {
      if (victim.claimedBy === store.owner) claims.victims.push(victim)
      else if (victim.stop === undefined) store.operations.save({ ...victim, stop: 'preempted' })
    }
  }

  /** All places are taken: the oldest regular run makes room for what a person waits for. */
  #makeRoom(claims: Claims, now: number): void {
    if (claims.victims.length > 0) return
    const oldest = this.#runner.active.find(
      ({ operation, stoppedAs }) =>
        operation.lane === LANE_REGULAR && stoppedAs === undefined && !isAged(operation, now),
    )
    if (oldest !== undefined) claims.victims.push(oldest.operation)
  }
}

/** Why an operation is no longer wanted when its time has come, or nothing. */
function refusalAtStart(store: OperationStore, operation: OperationRecord, target: TargetRecord): string | undefined {
  if (target.syncable === 0) return 'not-syncable'
  if (has(operation.flags, INITIALIZE)) return undefined
  const ignoreSettings = has(operation.flags, IGNORE_SETTINGS)
  return switchedOff({ auto: target.auto, master: isMasterOn(store), ignoreSettings })
}
