import type { Account, AuthToken } from '@accountry/accounts'
import type { TargetRecord } from '../operation-store.ts'
import type { OperationRecord } from '../queue/sync-operation.ts'
import type { RunLimits, SyncAdapter, SyncContext, SyncProgress } from '../sync-adapter.ts'
import type { SyncError, SyncResult } from '../sync-result.ts'
import type { RunEnd } from './next-run.ts'

/** How a run ends that is stopped. */
export type StopEnd = Exclude<RunEnd, { kind: 'result' | 'token-refused' }>

/** One run of an adapter in this process. */
export class ActiveRun {
  readonly operation: OperationRecord
  readonly target: TargetRecord
  readonly account: Account
  readonly adapter: SyncAdapter
  readonly limits: RunLimits
  /** Monotonic. */
  readonly startedAt: number
  /** At what age it makes room when its place is wanted. */
  readonly longRunMs: number
  readonly controller: AbortController = new AbortController()
  lastSignOfLifeAt: number
  progress: SyncProgress | undefined
  /** Monotonic; when progress last woke the engine, to show it to others. */
  shownAt: number = Number.NEGATIVE_INFINITY
  /** Nothing that the adapter still does counts. */
  isOver = false
  /** How it was decided to end, when it was stopped. */
  stoppedAs: StopEnd | undefined
  /** Monotonic; when a stopped run is given up. */
  graceUntil: number | undefined
  context: SyncContext | undefined
  /** The account's credential revision when the run began. */
  credentialRevision: number | undefined
  /** Monotonic; until when the adapter may say whether the account is ready. */
  askingUntil: number | undefined
  /** Handed out to the adapter: kept out of messages, and invalidated when the service refused them. */
  readonly tokens: AuthToken[] = []
  /** The cursor as the adapter left it. */
  readonly cursor: { value: string | undefined; changed: boolean }
  #giveUp: () => void = () => undefined
  #late: () => void = () => undefined
  /** Resolves when the adapter's answer would come too late. */
  readonly late: Promise<void> = new Promise((resolve) => {
    this.#late = resolve
  })
  /** Resolves when the grace period is over. */
  readonly givenUp: Promise<void> = new Promise((resolve) => {
    this.#giveUp = resolve
  })

  constructor(fields: {
    operation: OperationRecord
    target: TargetRecord
    account: Account
    adapter: SyncAdapter
    limits: RunLimits
    startedAt: number
    longRunMs: number
  }) {
    this.operation = fields.operation
    this.target = fields.target
    this.account = fields.account
    this.adapter = fields.adapter
    this.limits = fields.limits
    this.startedAt = fields.startedAt
    this.longRunMs = fields.longRunMs
    this.lastSignOfLifeAt = fields.startedAt
    this.cursor = { value: fields.target.cursor, changed: false }
  }

  /** Asks the adapter to end. The first reason counts; `false`: it was stopped already. */
  stop(end: StopEnd, monotonic: number): boolean {
    if (this.stoppedAs !== undefined) return false
    this.stoppedAs = end
    this.graceUntil = monotonic + this.limits.graceMs
    this.controller.abort(end.kind === 'timed-out' ? 'timed-out' : end.reason)
    return true
  }

  get secrets(): string[] {
    return this.tokens.map((token) => token.value)
  }

  /** The adapter did not answer in time whether the account is ready. */
  answerLate(): void {
    this.askingUntil = undefined
    this.#late()
  }

  giveUp(): void {
    this.#giveUp()
  }
}

/** How a run ended, with what it left behind. */
export interface EndedRun {
  readonly run: ActiveRun
  readonly end: RunEnd
  readonly error: SyncError | undefined
  readonly result: SyncResult
  /** The adapter has not returned: the run keeps its place. */
  readonly stuck: boolean
}

/** Id of the record that keeps the place of a run which does not return. */
export function stuckId(operation: OperationRecord): string {
  return `${operation.id}~stuck`
}
