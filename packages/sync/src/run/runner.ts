import type PQueue from 'p-queue'
import { announceStarted } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import type { TargetRecord } from '../operation-store.ts'
import {
  DO_NOT_RETRY,
  has,
  INITIALIZE,
  LANE_INITIALIZE,
  type OperationRecord,
  TOKEN_RENEWED,
} from '../queue/sync-operation.ts'
import type { SyncContext } from '../sync-adapter.ts'
import { createSyncResult, type SyncResult } from '../sync-result.ts'
import { ActiveRun, type EndedRun, type StopEnd, stuckId } from './active-run.ts'
import { complete } from './completion.ts'
import { reportedResult } from './reported-result.ts'
import { createContext } from './run-context.ts'
import { describeError, isSecurityError, recordThrown } from './run-errors.ts'
import { LONG_RUN_MS } from './run-limits.ts'

/** How long an adapter may think about whether an account is ready. (SyncManager: 5 s) */
const READY_ANSWER_MS = 5_000

/** What the adapter reported; in place of nonsense nothing, and what was wrong with it. */
function readResult(written: SyncResult): { result: SyncResult; nonsense: unknown } {
  try {
    return { result: reportedResult(written), nonsense: undefined }
  } catch (error) {
    return { result: createSyncResult(), nonsense: error ?? new TypeError('the result cannot be read') }
  }
}

/** Calls what an adapter may have beside its work. It may be asynchronous, and what it throws disturbs nothing. */
function callHook(hook: () => unknown, failed: (error: unknown) => void = () => undefined): void {
  try {
    Promise.resolve(hook()).catch(failed)
  } catch (error) {
    failed(error)
  }
}

/** Runs adapters, a bounded number at a time, initialisation apart from the rest. */
export class Runner {
  readonly #engine: Engine
  readonly #runs = new Map<string, ActiveRun>()
  readonly #pending = new Set<Promise<void>>()
  readonly #unrecorded: EndedRun[] = []
  /** How often the run of an operation has made room since it last ended otherwise. */
  readonly #madeRoom = new Map<string, number>()
  #pools: { regular: PQueue; initialization: PQueue } | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get active(): readonly ActiveRun[] {
    return [...this.#runs.values()]
  }

  find(operation: string): ActiveRun | undefined {
    return this.#runs.get(operation)
  }

  /** Loads what running needs, so that the first run does not wait for it. */
  async prepare(): Promise<void> {
    this.#pools ??= await this.#openPools()
  }

  /** How many more runs of either kind may begin now. */
  async freeSlots(): Promise<{ regular: number; initialization: number }> {
    this.#pools ??= await this.#openPools()
    const { regular, initialization } = this.#pools
    return {
      regular: regular.concurrency - regular.pending - regular.size,
      initialization: initialization.concurrency - initialization.pending - initialization.size,
    }
  }

  /** Begins a claimed operation. */
  start(operation: OperationRecord, target: TargetRecord): void {
    const { roster, adapters, clock, limits } = this.#engine
    const account = roster.get(target.accountId)
    const adapter = adapters.serving(operation.service)
    if (account === undefined || adapter === undefined || this.#pools === undefined) return
    const run = new ActiveRun({
      operation,
      target,
      account,
      adapter,
      limits: { ...limits, ...adapter.limits },
      startedAt: clock.monotonic(),
      longRunMs: LONG_RUN_MS * 2 ** (this.#madeRoom.get(operation.id) ?? 0),
    })
    this.#runs.set(operation.id, run)
    announceStarted(this.#engine, run)
    const pool = operation.lane === LANE_INITIALIZE ? this.#pools.initialization : this.#pools.regular
    const finished = pool.add(() => this.#runToEnd(run))
    this.#track(finished)
  }

  /** Stops a run, if it runs here. */
  stop(run: ActiveRun, end: StopEnd): void {
    if (!run.stop(end, this.#engine.clock.monotonic())) return
    const { id } = run.operation
    if (end.kind === 'stopped' && end.reason === 'made-room') this.#madeRoom.set(id, (this.#madeRoom.get(id) ?? 0) + 1)
    const { context } = run
    const failed = (error: unknown): void => {
      this.#engine.log.warn('sync.on-sync-canceled-failed', { error: describeError(error, run.secrets).name })
    }
    if (context !== undefined) callHook(() => run.adapter.onSyncCanceled?.(context), failed)
    this.#engine.wake()
  }

  /** Resolves when nothing runs here. */
  async whenQuiet(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  async #openPools(): Promise<{ regular: PQueue; initialization: PQueue }> {
    const { default: Queue } = await import('p-queue')
    const { regular, initialization } = this.#engine.concurrency
    return {
      regular: new Queue({ concurrency: regular }),
      initialization: new Queue({ concurrency: initialization }),
    }
  }

  #track(finished: Promise<void>): void {
    const tracked = finished
      .catch((error: unknown) => {
        this.#engine.log.error('sync.run-not-recorded', { error: describeError(error, []).message })
      })
      .finally(() => this.#pending.delete(tracked))
    this.#pending.add(tracked)
  }

  async #runToEnd(run: ActiveRun): Promise<void> {
    const ended = await this.#perform(run)
    run.isOver = true
    this.#runs.delete(run.operation.id)
    if (ended.end.kind !== 'stopped') this.#madeRoom.delete(run.operation.id)
    try {
      await complete(this.#engine, ended)
    } catch (error) {
      // The disk is full or the store busy. The claim stays, and the end is recorded as soon as it can be.
      this.#unrecorded.push(ended)
      throw error
    } finally {
      this.#engine.wake()
    }
  }

  /** Whether runs have ended that the store does not know of yet. */
  get hasUnrecorded(): boolean {
    return this.#unrecorded.length > 0
  }

  /** Records what could not be recorded when it ended. */
  async recordUnrecorded(): Promise<void> {
    for (const ended of this.#unrecorded.splice(0)) {
      try {
        await complete(this.#engine, ended)
      } catch (error) {
        this.#unrecorded.push(ended)
        this.#engine.log.warn('sync.run-not-recorded', { error: describeError(error, []).message })
      }
    }
  }

  async #perform(run: ActiveRun): Promise<EndedRun> {
    const context = createContext(this.#engine, run)
    run.context = context
    let failure: { error: unknown } | undefined
    // A synchronous throw is the same as a rejected promise.
    const performing = Promise.resolve()
      .then(() => this.#callAdapter(run, context))
      .catch((error: unknown) => {
        failure = { error }
      })
    const settled = await Promise.race([performing.then(() => true), run.givenUp.then(() => false)])
    if (!settled) this.#freeWhenSettled(run, performing)
    return this.#endedRun(run, context, failure, !settled)
  }

  #endedRun(run: ActiveRun, context: SyncContext, failure: { error: unknown } | undefined, stuck: boolean): EndedRun {
    const { result, nonsense } = readResult(context.result)
    if (run.stoppedAs !== undefined) return { run, end: run.stoppedAs, error: undefined, result, stuck }
    if (failure !== undefined) return this.#failed(run, failure.error, result)
    if (nonsense !== undefined) return this.#failed(run, nonsense, result)
    return { run, end: this.#endOf(run, result), error: undefined, result, stuck: false }
  }

  /** A first refusal of a token that was handed out may be the token's fault; another one tells. */
  #endOf(run: ActiveRun, result: SyncResult): EndedRun['end'] {
    const { numAuthExceptions, numIoExceptions } = result.stats
    const onlyRefused = numAuthExceptions > 0 && numIoExceptions === 0
    const mayBeToken = run.tokens.length > 0 && !has(run.operation.flags, TOKEN_RENEWED | DO_NOT_RETRY)
    return onlyRefused && mayBeToken ? { kind: 'token-refused' } : { kind: 'result', result }
  }

  async #callAdapter(run: ActiveRun, context: NonNullable<ActiveRun['context']>): Promise<void> {
    run.credentialRevision = await this.#credentialRevision(run)
    if (run.stoppedAs !== undefined) return
    const initialize = has(run.operation.flags, INITIALIZE)
    if (initialize && !(await this.#isReady(run))) {
      run.stop({ kind: 'canceled', reason: 'not-ready' }, this.#engine.clock.monotonic())
      return
    }
    const onlyState = run.adapter.isAlwaysSyncable === true || run.adapter.autoInitialize === true
    if (initialize && onlyState) return
    await run.adapter.onPerformSync(context)
  }

  async #credentialRevision(run: ActiveRun): Promise<number | undefined> {
    try {
      return (await this.#engine.accounts.getAccountInfo(run.account)).credentialRevision
    } catch {
      return undefined
    }
  }

  /** Asks the adapter whether the account can be synchronised at all; no answer in time is a no, an error a yes. */
  async #isReady(run: ActiveRun): Promise<boolean> {
    if (run.adapter.onUnsyncableAccount === undefined) return true
    run.askingUntil = this.#engine.clock.monotonic() + READY_ANSWER_MS
    this.#engine.wake()
    const answer = Promise.resolve()
      .then(() => run.adapter.onUnsyncableAccount?.(run.account, run.target.authority))
      .then(
        (ready) => ready !== false,
        () => true,
      )
    const ready = await Promise.race([answer, run.late.then(() => false)])
    run.askingUntil = undefined
    return ready
  }

  #failed(run: ActiveRun, error: unknown, thrown: SyncResult): EndedRun {
    recordThrown(thrown, error, this.#engine.clock.now())
    let result = thrown
    const { context } = run
    if (isSecurityError(error) && context !== undefined) {
      const completed = { ...context, result: { ...thrown, stats: { ...thrown.stats } } }
      // If it fails, too, the first error is the one to report.
      callHook(() => run.adapter.onSecurityException?.(completed, error))
      const read = readResult(completed.result)
      if (read.nonsense === undefined) result = read.result
    }
    return { run, end: { kind: 'result', result }, error: describeError(error, run.secrets), result, stuck: false }
  }

  /** A run that was given up keeps its place in the store until its adapter returns. */
  #freeWhenSettled(run: ActiveRun, performing: Promise<void>): void {
    const { store, log } = this.#engine
    void performing
      .then(() => store.write(() => store.operations.delete(stuckId(run.operation))))
      // A closed store needs nothing freed: with its owner every place is free.
      .catch((error: unknown) => log.debug('sync.place-not-freed', { error: describeError(error, []).message }))
      .finally(() => this.#engine.wake())
  }
}
