import type { Account, AccountManager } from '@accountry/accounts'
import type { SyncManager, SyncStatus } from '@accountry/sync'
import type { ParkedSync } from './doctor/finding.ts'

/** One account and one authority. */
export interface Target {
  readonly account: Account
  readonly authority: string
}

/** A target with how it is; `status` is absent when nothing was ever asked of it. */
export interface TargetStatus extends Target {
  readonly status: SyncStatus | undefined
}

/**
 * Every authority of every account that something synchronises: what any process registered an adapter for, and what is
 * left in the engine's database of an authority that nobody serves any more.
 */
export async function knownTargets(accounts: AccountManager, sync: SyncManager, only?: Account): Promise<Target[]> {
  const listed = only === undefined ? await accounts.getAccounts() : [only]
  const possible = await sync.getSyncTargets(only === undefined ? {} : { account: only })
  const recorded = await Promise.all([
    sync.getPeriodicSyncs(),
    sync.getPendingSyncs(),
    sync.getCurrentSyncs(),
    sync.getHistory(),
  ])
  const ids = new Map(listed.map((account) => [account.id, account]))
  const found = new Map<string, Target>()
  for (const { account, authority } of [...possible, ...recorded.flat()]) {
    const known = ids.get(account.id)
    if (known !== undefined) found.set(`${known.id}\n${authority}`, { account: known, authority })
  }
  return [...found.values()].sort(byName)
}

export async function targetStatuses(
  accounts: AccountManager,
  sync: SyncManager,
  only?: Account,
): Promise<TargetStatus[]> {
  const targets = await knownTargets(accounts, sync, only)
  return await Promise.all(targets.map(async (target) => ({ ...target, status: await sync.getSyncStatus(target) })))
}

export async function parkedTargets(accounts: AccountManager, sync: SyncManager): Promise<ParkedSync[]> {
  const statuses = await targetStatuses(accounts, sync)
  return statuses
    .filter(({ status }) => status?.parked !== undefined)
    .map(({ account, authority }) => ({ accountName: account.name, authority }))
}

function byName(one: Target, other: Target): number {
  return one.account.name.localeCompare(other.account.name) || one.authority.localeCompare(other.authority)
}
