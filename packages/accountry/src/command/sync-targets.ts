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
 * Every authority of every account that something synchronises: what this process has adapters for, and what others
 * have left in the engine's database.
 */
export async function knownTargets(accounts: AccountManager, sync: SyncManager, only?: Account): Promise<Target[]> {
  const listed = only === undefined ? await accounts.getAccounts() : [only]
  const adapters = sync.getSyncAdapterTypes()
  const own = listed.flatMap((account) =>
    adapters.filter(({ accountType }) => accountType === account.type).map(({ authority }) => ({ account, authority })),
  )
  const recorded = await Promise.all([
    sync.getPeriodicSyncs(),
    sync.getPendingSyncs(),
    sync.getCurrentSyncs(),
    sync.getHistory(),
  ])
  const ids = new Map(listed.map((account) => [account.id, account]))
  const found = new Map<string, Target>()
  for (const { account, authority } of [...own, ...recorded.flat()]) {
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
