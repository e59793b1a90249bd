import { announceDropped, factsOf } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import { areReadable } from '../extras.ts'
import type { OperationStore, TargetRecord } from '../operation-store.ts'
import { queueDuePeriodics, queueOpenPeriodics } from '../periodic/periodic-queue.ts'
import type { ActiveRun } from '../run/active-run.ts'
import type { Runner } from '../run/runner.ts'
import { blockedTargets, judgeConflict, slotOf } from './conflicts.ts'
import { dropOperation, isMasterOn } from './queue.ts'
import { switchedOff } from './readiness.ts'
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
    const free = await this.#runner.freeSlots()
    // A look without a lock: a turn that finds nothing to do writes nothing.
    if (!this.#arePeriodicsDue() && this.#candidates(free, store.operations.listBusy()).length === 0) return
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

  /** Whether all regular places are taken, and something that is due lacks nothing else. */
  isPlaceWanted(freeRegular: number): boolean {
    const busy = this.#engine.store.operations.listBusy()
    return freeRegular <= 0 && this.#couldBegin(busy).some(({ lane }) => lane !== LANE_INITIALIZE)
  }

  /** Whether something that is due waits for this run to end, because of its target or its adapter. */
  isInTheWay({ operation }: ActiveRun): boolean {
    const busy = this.#engine.store.operations.listBusy()
    const now = new Set(this.#couldBegin(busy).map(({ id }) => id))
    return this.#couldBegin(busy.filter(({ id }) => id !== operation.id)).some(({ id }) => !now.has(id))
  }

  /** Some of what is due and would begin beside these, if there were a place. */
  #couldBegin(busy: readonly OperationRecord[]): OperationRecord[] {
    const { store, adapters } = this.#engine
    return this.#candidates({ regular: 1, initialization: 1 }, busy).filter((candidate) => {
      const target = store.targets.get(candidate.target)
      const parallel = adapters.serving(candidate.service)?.allowParallelSyncs === true
      const isFree = judgeConflict(candidate, busy, parallel).kind === 'free'
      return isFree && target !== undefined && refusalAtStart(store, candidate, target) === undefined
    })
  }

  #arePeriodicsDue(): boolean {
    const { store, adapters, clock } = this.#engine
    const now = clock.now()
    return [...adapters.served()].some((service) => (store.periodics.nextDueAt(service) ?? now + 1) <= now)
  }

  /** Inside a write. */
  #claim(free: SlotCounts): Claims {
    const { store, clock } = this.#engine
    const busy = store.operations.listBusy()
    const left = { ...free }
    const claims: Claims = { started: [], dropped: [], victims: [] }
    const consider = (): void => {
      for (const candidate of this.#candidates(left, busy)) this.#consider(candidate, busy, left, claims, clock.now())
    }
    consider()
    const isAwake = claims.started.length > 0 && left.regular > 0
    if (isAwake && queueOpenPeriodics(this.#engine, clock.now(), left.regular)) consider()
    return claims
  }

  /** Due operations for which something can be done now, the most urgent first. */
  #candidates(free: SlotCounts, busy: readonly OperationRecord[]): OperationRecord[] {
    const { store, adapters, clock, environment } = this.#engine
    const now = clock.now()
    const gates = openGates(environment)
    const candidates: OperationRecord[] = []
    for (const service of adapters.served()) {
      const parallel = adapters.serving(service)?.allowParallelSyncs === true
      for (const lane of LANES) {
        const slots = lane === LANE_INITIALIZE ? free.initialization : free.regular
        const mayMakeRoom = lane === LANE_EXPEDITED && this.#victimForRoom(now) !== undefined
        const mayPreempt = busy.some(
          (other) => other.lane > lane && other.state === 'running' && other.stop === undefined,
        )
        // With neither a place nor anybody to take it from, a long queue need not be looked through.
        if (slots <= 0 && !mayMakeRoom && !mayPreempt) continue
        const exceptTargets = blockedTargets({ service, lane }, busy, parallel)
        if (exceptTargets === 'all') continue
        const isPossible = (operation: OperationRecord): boolean => {
          const verdict = judgeConflict(operation, busy, parallel).kind
          const isPlaceFree = verdict === 'preempt' || (verdict === 'free' && (slots > 0 || mayMakeRoom))
          return isPlaceFree && this.#isOurs(operation)
        }
        candidates.push(...listCandidates(store, { service, gates, lane, now, exceptTargets }, slots + 1, isPossible))
      }
    }
    return candidates.sort(compareCandidates(now))
  }

  /** Whether this process may see the account; another one's accounts are for that one to synchronise. */
  #isOurs({ target }: OperationRecord): boolean {
    const accountId = this.#engine.store.targets.get(target)?.accountId
    return accountId !== undefined && this.#engine.roster.get(accountId) !== undefined
  }

  #consider(candidate: OperationRecord, busy: OperationRecord[], left: SlotCounts, claims: Claims, now: number): void {
    const { store, adapters } = this.#engine
    const target = store.targets.get(candidate.target)
    if (target === undefined) return
    const why = areReadable(candidate.extras) ? refusalAtStart(store, candidate, target) : 'unreadable'
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

  /** The mark on the record tells the owner, if that is another process, and everybody that it makes room already. */
  #preempt(victims: readonly OperationRecord[], claims: Claims): void {
    const { store } = this.#engine
    for (const victim of victims) {
      store.operations.save({ ...victim, stop: 'preempted' })
      if (victim.claimedBy === store.owner) claims.victims.push(victim)
    }
  }

  /** All places are taken: the oldest regular run makes room for what a person waits for. */
  #makeRoom(claims: Claims, now: number): void {
    const victim = claims.victims.length > 0 ? undefined : this.#victimForRoom(now)
    const stored = victim && this.#engine.store.operations.get(victim.operation.id)
    if (stored !== undefined) this.#preempt([stored], claims)
  }

  #victimForRoom(now: number): ActiveRun | undefined {
    const { active } = this.#runner
    if (active.some(({ stoppedAs }) => stoppedAs !== undefined)) return undefined
    return active.find(({ operation }) => operation.lane === LANE_REGULAR && !isAged(operation, now))
  }
}

interface SlotCounts {
  regular: number
  initialization: number
}

/** Why an operation is no longer wanted when its time has come, or nothing. */
function refusalAtStart(store: OperationStore, operation: OperationRecord, target: TargetRecord): string | undefined {
  if (target.syncable === 0) return 'not-syncable'
  if (has(operation.flags, INITIALIZE)) return undefined
  const ignoreSettings = has(operation.flags, IGNORE_SETTINGS)
  return switchedOff({ auto: target.auto, master: isMasterOn(store), ignoreSettings })
}
