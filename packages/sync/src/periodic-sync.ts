import type { Account, AccountRef } from '@accountry/accounts'
import { canonicalExtras, type SyncExtras } from './extras.ts'
import { accountIdOf } from './sync-request.ts'

/** A wish to synchronise again and again. Same account, authority and extras: the same periodic sync. */
export interface PeriodicSyncRequest {
  readonly account: AccountRef
  readonly authority: string
  readonly extras?: SyncExtras
  /** The latest time between two runs, in milliseconds; less than 15 minutes is raised to 15 minutes. */
  readonly periodMs: number
  /** A run may come this much earlier, when the machine is awake anyway. Default 4 % of the period. */
  readonly flexMs?: number
  /** Epoch milliseconds, at most one period from now: the next run is then, once. A wait after errors still counts. */
  readonly nextRunAt?: number
}

export interface PeriodicSync {
  readonly account: Account
  readonly authority: string
  readonly extras: SyncExtras
  readonly periodMs: number
  readonly flexMs: number
  /** The latest instant of the next run; absent while the settings keep it from running. */
  readonly nextRunAt?: number
}

/** Whether two periodic syncs are the same; how early they may run does not matter. */
export function arePeriodicSyncsEqual(one: PeriodicSyncRequest, other: PeriodicSyncRequest): boolean {
  return (
    accountIdOf(one.account) === accountIdOf(other.account) &&
    one.authority === other.authority &&
    one.periodMs === other.periodMs &&
    canonicalExtras(one.extras) === canonicalExtras(other.extras)
  )
}
