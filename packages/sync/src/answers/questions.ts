import type { Account } from '@accountry/accounts'
import { checkCount, checkObject } from '../checks.ts'
import type { Engine } from '../engine.ts'
import type { TargetRecord } from '../operation-store.ts'
import { has, INITIALIZE, type SyncReason, type SyncSource } from '../queue/sync-operation.ts'
import type { SyncProgress } from '../sync-adapter.ts'
import { accountIdOf, checkedAccount, checkedAuthority, type SyncTarget } from '../sync-request.ts'
import type { SyncStats } from '../sync-result.ts'
import { KEPT_HISTORY, type RunOutcome } from './history.ts'
import { decodeStatus, type SyncTotals } from './status.ts'

/** A run that is at work. */
export interface SyncInfo {
  readonly id: string
  readonly account: Account
  readonly authority: string
  readonly startedAt: number
  readonly reason: SyncReason
  readonly attempt: number
  readonly initialize: boolean
  /** Whether it was stopped, but has not returned. */
  readonly stuck: boolean
  /** What the adapter last reported; a second late for runs of other processes. */
  readonly progress?: SyncProgress
}

/** What a target does and what became of its past runs. */
export interface SyncStatus {
  readonly active: boolean
  /** A run is queued. */
  readonly pending: boolean
  /** Why and since when it waits for its account. */
  readonly parked?: { readonly reason: string; readonly since: number }
  readonly lastSuccessAt?: number
  readonly lastSuccessSource?: SyncSource
  readonly lastFailureAt?: number
  readonly lastFailureSource?: SyncSource
  readonly lastFailure?: string
  /** The first failure after the last success. */
  readonly initialFailureAt?: number
  /** Until when it waits after errors. */
  readonly backoffUntilAt?: number
  /** Until when the server asked it to wait. */
  readonly delayUntilAt?: number
  readonly nextRunAt?: number
  /** Local deletions that wait for the person's word. */
  readonly deletionsHeld?: number
  readonly totals: SyncTotals
  readonly today?: SyncTotals
  readonly yesterday?: SyncTotals
  /** The last ten, the newest first. */
  readonly events: readonly { readonly at: number; readonly text: string }[]
}

export interface SyncHistoryItem {
  readonly id: number
  /** Id of the operation. */
  readonly operation: string
  readonly account: Account
  readonly authority: string
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: RunOutcome
  /** `success`, an error class such as `io-error`, or why the run was stopped. */
  readonly result: string
  readonly reason: SyncReason
  readonly source: SyncSource
  readonly initialize: boolean
  readonly stats: Readonly<SyncStats>
  readonly message?: string
}

export interface HistoryFilter {
  readonly account?: string | Account
  readonly authority?: string
  /** Default and most: 100. */
  readonly limit?: number
}

export interface SyncDayStats {
  /** Midnight UTC of the day. */
  readonly startsAt: number
  readonly successCount: number
  readonly successMs: number
  readonly failureCount: number
  readonly failureMs: number
}

const DAY_MS = 86_400_000

/** Answers what is going on, from the store: nothing about it is remembered elsewhere. */
export class Questions {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  isActive(place: SyncTarget): boolean {
    return this.#statesOf(this.#find(place)).includes('running')
  }

  isPending(place: SyncTarget): boolean {
    const states = this.#statesOf(this.#find(place))
    return states.includes('queued') || states.includes('held')
  }

  /** @param progressHere The progress of a run of this process. */
  currentSyncs(progressHere: (operation: string) => SyncProgress | undefined): SyncInfo[] {
    const { store } = this.#engine
    return store.operations.listBusy().flatMap((operation) => {
      const target = store.targets.get(operation.target)
      if (target === undefined) return []
      const { id, state, reason, attempt } = operation
      const written = store.operations.getProgress(id)
      const progress = progressHere(id) ?? (written === undefined ? undefined : (JSON.parse(written) as SyncProgress))
      return [
        {
          id,
          account: this.#accountOf(target),
          authority: target.authority,
          startedAt: operation.startedAt ?? operation.createdAt,
          reason,
          attempt,
          initialize: has(operation.flags, INITIALIZE),
          stuck: state === 'stuck',
          ...(progress !== undefined && { progress }),
        },
      ]
    })
  }

  status(place: SyncTarget): SyncStatus | undefined {
    const target = this.#find(place)
    if (target === undefined) return undefined
    const { totals, today, yesterday, events, ...times } = decodeStatus(target.status)
    const states = this.#statesOf(target)
    const now = this.#engine.clock.now()
    const nextRunAt = this.#nextRunAt(target)
    return {
      active: states.includes('running'),
      pending: states.includes('queued') || states.includes('held'),
      ...(target.parkedAt !== undefined && {
        parked: { reason: target.parkedReason ?? 'authentication-error', since: target.parkedAt },
      }),
      ...times,
      ...(target.backoffUntilAt > now && { backoffUntilAt: target.backoffUntilAt }),
      ...(target.delayUntilAt > now && { delayUntilAt: target.delayUntilAt }),
      ...(nextRunAt !== undefined && { nextRunAt }),
      ...(target.deletionsHeld > 0 && { deletionsHeld: target.deletionsHeld }),
      totals,
      ...(today !== undefined && { today }),
      ...(yesterday !== undefined && { yesterday }),
      events,
    }
  }

  history(filter: HistoryFilter): SyncHistoryItem[] {
    checkObject(filter, 'filter')
    const { account, authority, limit = KEPT_HISTORY } = filter
    checkCount(limit, 'limit', 1)
    const items = this.#engine.store.journal.listHistory({
      ...(account !== undefined && { accountId: accountIdOf(checkedAccount(account)) }),
      ...(authority !== undefined && { authority: checkedAuthority(authority) }),
      limit,
    })
    return items.map(({ accountId, accountType, message, stats, ...item }) => ({
      ...item,
      outcome: item.outcome as RunOutcome,
      account: this.#accountOf({ accountId, accountType }),
      reason: item.reason as SyncReason,
      source: item.source as SyncSource,
      stats: JSON.parse(stats) as SyncStats,
      ...(message !== undefined && { message }),
    }))
  }

  days(): SyncDayStats[] {
    return this.#engine.store.journal.listDays().map(({ day, ...counts }) => ({ startsAt: day * DAY_MS, ...counts }))
  }

  #find({ account, authority }: SyncTarget): TargetRecord | undefined {
    return this.#engine.store.targets.find(accountIdOf(account), authority)
  }

  #statesOf(target: TargetRecord | undefined): string[] {
    return target === undefined ? [] : this.#engine.store.operations.listOf(target.id).map(({ state }) => state)
  }

  #nextRunAt(target: TargetRecord): number | undefined {
    const { store } = this.#engine
    const queued = store.operations.listOf(target.id).filter(({ state }) => state === 'queued')
    const periodics = store.periodics.listOf(target.id).filter(({ armed }) => armed)
    const times = [...queued.map(({ dueAt }) => dueAt), ...periodics.map(({ dueAt }) => dueAt)]
    return times.length > 0 ? Math.min(...times) : undefined
  }

  #accountOf({ accountId: id, accountType: type }: { accountId: string; accountType: string }): Account {
    return this.#engine.roster.get(id) ?? { id, type, name: '' }
  }
}
