import { type Account, AccountError } from '@accountry/accounts'
import {
  type ExplainFacts,
  explainTarget,
  listPending,
  type PendingSync,
  type SyncExplanation,
} from './answers/explain.ts'
import { ProgressBoard } from './answers/progress-board.ts'
import { Questions, type SyncInfo } from './answers/questions.ts'
import { createEngine, type EngineParts } from './create-engine.ts'
import type { Engine } from './engine.ts'
import type { ServiceRecord } from './operation-store.ts'
import { PeriodicSyncs } from './periodic/periodic-syncs.ts'
import { Dispatcher } from './queue/dispatcher.ts'
import { droppedOutcome } from './queue/handles.ts'
import { Intake } from './queue/intake.ts'
import { clearBackoffs } from './queue/queue.ts'
import { Scheduler } from './queue/scheduler.ts'
import { openGates } from './queue/selection.ts'
import { type CancelScope, cancelOperations } from './run/cancellation.ts'
import { unparkAccount } from './run/parking.ts'
import { enforceLimits } from './run/run-limits.ts'
import { Runner } from './run/runner.ts'
import { SyncSettings } from './settings.ts'
import { forgetAccount, forgetStaleAccounts, welcomeAccounts } from './surroundings/account-changes.ts'
import { Chores } from './surroundings/chores.ts'
import { type ClockWatch, repairWaits } from './surroundings/clock-watch.ts'
import { Others } from './surroundings/others.ts'
import type { SyncAdapter } from './sync-adapter.ts'
import { accountIdOf, type SyncTarget } from './sync-request.ts'

const LOCAL_CHANGE_DELAY_MS = 30_000
const OUTCOMES_KEPT_MS = 3_600_000

/** The rooms of one engine, put together; what {@link SyncManager} hands its calls to. */
export class OpenedEngine {
  readonly engine: Engine
  readonly intake: Intake
  readonly settings: SyncSettings
  readonly periodics: PeriodicSyncs
  readonly questions: Questions
  readonly board: ProgressBoard
  readonly localChangeDelayMs: number
  readonly #runner: Runner
  readonly #dispatcher: Dispatcher
  readonly #scheduler: Scheduler
  readonly #others: Others
  readonly #clockWatch: ClockWatch
  readonly #ownsStore: boolean
  readonly #unsubscribe: (() => void)[] = []
  readonly #chores: Chores
  #closed = false
  #closing: Promise<void> | undefined
  #warning: EngineParts['warning']

  constructor(parts: EngineParts) {
    const { options, store } = parts
    this.engine = createEngine(parts, {
      wake: () => this.#scheduler.wake(),
      networkBack: () => this.#chores.add(() => this.#endBackoffs()),
      changed: () => this.#onSurroundings(),
    })
    this.#warning = parts.warning
    this.#chores = new Chores(this.engine.log)
    this.#ownsStore = options.store === undefined
    this.localChangeDelayMs = options.localChangeDelayMs ?? LOCAL_CHANGE_DELAY_MS
    this.intake = new Intake(this.engine)
    this.settings = new SyncSettings(this.engine)
    this.questions = new Questions(this.engine)
    this.#runner = new Runner(this.engine)
    this.periodics = new PeriodicSyncs(this.engine, this.#runner, (account, authority) =>
      this.settings.ensure(account, authority),
    )
    this.#clockWatch = parts.clockWatch
    this.#others = new Others(this.engine, this.#runner)
    this.#dispatcher = new Dispatcher(this.engine, this.#runner)
    this.board = new ProgressBoard(this.engine)
    this.#scheduler = new Scheduler(this.engine, {
      dispatcher: this.#dispatcher,
      runner: this.#runner,
      board: this.board,
      before: () => this.#lookAround(),
    })
    this.#unsubscribe.push(store.onChange(() => this.#onForeignChange()))
  }

  registerAdapter(adapter: SyncAdapter): void {
    this.checkOpen()
    this.engine.adapters.add(adapter)
    this.#chores.add(() => this.storeAdapters())
  }

  /** Stores the services of new adapters, and welcomes the accounts that they serve. */
  async storeAdapters(): Promise<void> {
    const { store, adapters, roster } = this.engine
    if (!adapters.hasUnstored) return
    await this.#runner.prepare()
    const stored = await store.write(() => adapters.storeServices())
    adapters.servicesStored(stored)
    for (const { service, isNew } of stored) {
      const reason = isNew ? 'service-changed' : 'accounts-updated'
      await welcomeAccounts(this.engine, roster.ofType(service.accountType), [service], reason)
    }
    this.engine.wake()
  }

  start(): void {
    this.checkOpen()
    if (this.#scheduler.isStarted) return
    this.#chores.add(async () => {
      this.#announceWarning()
      await this.#catchUp()
      if (!this.#closed) this.#scheduler.start()
    })
  }

  async stop(): Promise<void> {
    await this.#chores.done()
    const stopping = this.#scheduler.stop()
    this.#stopRuns()
    await stopping
    // The last turn may have begun more.
    this.#stopRuns()
    await this.#scheduler.endRuns()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#closed = true
    await this.intake.settled()
    await this.stop()
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
    this.engine.roster.close()
    this.engine.environment.close()
    if (this.#ownsStore) this.engine.store.close()
    this.engine.handles.settleAll(droppedOutcome('closed'))
  }

  #stopRuns(): void {
    for (const run of this.#runner.active) this.#runner.stop(run, { kind: 'stopped', reason: 'shutdown' })
  }

  /** @throws AccountError `ERR_CLOSED`. */
  checkOpen(): void {
    if (this.#closed) throw new AccountError('ERR_CLOSED', 'this SyncManager is closed; open another one')
  }

  /** Resolves when everything asked for so far is stored, so that an answer includes it. */
  async ready(): Promise<void> {
    this.checkOpen()
    await this.intake.settled()
    await this.#chores.done()
  }

  async cancel(scope: CancelScope): Promise<number> {
    await this.ready()
    const ids = scope.ids?.flatMap((id) => this.intake.membersOf(id))
    return cancelOperations(this.engine, this.#runner, { ...scope, ids })
  }

  async whenIdle(): Promise<void> {
    do {
      await this.ready()
      await this.#scheduler.settled()
      await this.#runner.whenQuiet()
      await this.#scheduler.settled()
    } while (this.intake.hasWork || this.#runner.active.length > 0)
  }

  async currentSyncs(): Promise<SyncInfo[]> {
    await this.board.watch()
    return this.questions.currentSyncs((id) => this.#runner.find(id)?.progress)
  }

  async pendingSyncs(limit: number): Promise<PendingSync[]> {
    return listPending(this.engine, await this.#facts(), limit)
  }

  async explain({ account, authority }: SyncTarget): Promise<SyncExplanation> {
    const accountId = accountIdOf(account)
    const place = { account: this.engine.roster.get(accountId), accountId, authority }
    return explainTarget(this.engine, place, await this.#facts())
  }

  async #facts(): Promise<ExplainFacts> {
    const free = await this.#runner.freeSlots()
    return { isStarted: this.#scheduler.isStarted, freeSlots: free.regular > 0 }
  }

  accountAdded(account: Account): void {
    this.#chores.add(() => welcomeAccounts(this.engine, [account], this.#servicesOf(account.type), 'accounts-updated'))
  }

  accountRemoved(account: Account): void {
    this.#chores.add(() => forgetAccount(this.engine, this.#runner, account.id))
  }

  vaultUnlocked(): void {
    this.#chores.add(() => this.#endBackoffs())
  }

  accountChanged(account: Account, recovered: boolean): void {
    this.#chores.add(() => unparkAccount(this.engine, account, recovered ? 'recovered' : 'changed'))
  }

  /** Now, because nobody could listen while the store was opened. */
  #announceWarning(): void {
    const { events, clock, log } = this.engine
    if (this.#warning === undefined) return
    log.warn('sync.store-set-aside', { code: this.#warning.code })
    events.emit('sync:warning', { at: clock.now(), ...this.#warning })
    this.#warning = undefined
  }

  /** What happened while this engine was not there: accounts that came, went or recovered. */
  async #catchUp(): Promise<void> {
    const { store, roster, clock } = this.engine
    const unknown = await roster.reload()
    await store.write(() => {
      store.journal.deleteOutcomesBefore(clock.now() - OUTCOMES_KEPT_MS)
      repairWaits(store, clock.now())
    })
    await forgetStaleAccounts(this.engine, this.#runner)
    const services = [...this.engine.adapters.served()].flatMap((id) => store.services.get(id) ?? [])
    for (const service of services) {
      // The others were welcomed when their adapter came, or when they did.
      const accounts = unknown.filter(({ type }) => type === service.accountType)
      await welcomeAccounts(this.engine, accounts, [service], 'accounts-updated')
    }
    const parked = new Set(store.targets.list({ parked: true }).map((target) => target.accountId))
    for (const id of parked) {
      const account = roster.get(id)
      if (account !== undefined) await unparkAccount(this.engine, account, 'start')
    }
  }

  async #lookAround(): Promise<void> {
    const { clock } = this.engine
    await this.#runner.recordUnrecorded()
    this.engine.environment.look()
    const free = await this.#runner.freeSlots()
    enforceLimits(this.#runner, clock.monotonic(), {
      isPlaceWanted: () => this.#dispatcher.isPlaceWanted(free.regular),
      isInTheWay: (run) => this.#dispatcher.isInTheWay(run),
    })
    await this.#clockWatch.look()
    await this.#others.look()
    await this.board.publish(this.#runner.active)
  }

  #servicesOf(accountType: string): ServiceRecord[] {
    const { store, adapters } = this.engine
    const served = [...adapters.served()].flatMap((id) => store.services.get(id) ?? [])
    return served.filter((service) => service.accountType === accountType)
  }

  #onForeignChange(): void {
    this.#chores.add(async () => {
      if (!this.#scheduler.isStarted) await this.#others.look()
    })
    this.engine.events.emit('sync:changed', { at: this.engine.clock.now() })
    this.engine.wake()
  }

  /** The network or the vault is back: what failed for lack of it may try at once. (SyncManager.mConnIntentReceiver) */
  async #endBackoffs(): Promise<void> {
    const { store, events, clock } = this.engine
    const cleared = await store.write(() => clearBackoffs(store))
    if (cleared > 0) events.emit('sync:settings', { at: clock.now(), setting: 'backoff' })
    this.engine.wake()
  }

  #onSurroundings(): void {
    this.#stopWhatLostItsConstraint()
    this.engine.wake()
  }

  #stopWhatLostItsConstraint(): void {
    const { environment } = this.engine
    const open = openGates(environment)
    for (const run of this.#runner.active) {
      if (open.includes(run.operation.gate)) continue
      const reason = environment.storageLow
        ? 'storage-low'
        : run.operation.gate >= 4 && !environment.charging
          ? 'charging-lost'
          : 'network-lost'
      this.#runner.stop(run, { kind: 'stopped', reason })
    }
  }
}
