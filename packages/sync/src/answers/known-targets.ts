import type { Account, AccountRef } from '@accountry/accounts'
import type { Engine } from '../engine.ts'
import type { ServiceRecord } from '../operation-store.ts'
import type { Syncable } from '../queue/readiness.ts'
import { accountIdOf, checkedAccount, checkedAuthority, checkedObject } from '../sync-request.ts'

/** Something that is synchronised, or could be: an account and one of the authorities of its type. */
export interface SyncTargetInfo {
  readonly account: Account
  readonly authority: string
  /** 1 yes, 0 no, -1 not known before an initialisation run. */
  readonly syncable: Syncable
  /** The switch of this target. */
  readonly syncAutomatically: boolean
  /** Whether a settings page shows it. */
  readonly userVisible: boolean
  readonly supportsUploading: boolean
  /** Whether this process has the adapter; otherwise another one that has it performs its syncs. */
  readonly hasAdapter: boolean
}

/** Which targets; nothing set: all. */
export interface SyncTargetFilter {
  readonly account?: AccountRef
  readonly authority?: string
}

/**
 * Every account that this process may see, with every authority for which any process ever registered an adapter of its
 * type; nothing need have been asked of it. In order of accounts, then of authorities.
 */
export function listKnownTargets(engine: Engine, filter: SyncTargetFilter): SyncTargetInfo[] {
  checkedObject(filter, 'filter')
  const accountId = filter.account === undefined ? undefined : accountIdOf(checkedAccount(filter.account))
  const authority = filter.authority === undefined ? undefined : checkedAuthority(filter.authority)
  const { roster, store } = engine
  const services = store.services
    .list()
    .filter((service) => service.registered && (authority ?? service.authority) === service.authority)
    .sort((one, other) => (one.authority < other.authority ? -1 : 1))
  const account = accountId === undefined ? undefined : roster.get(accountId)
  const accounts = accountId === undefined ? [...roster.all()] : account === undefined ? [] : [account]
  return accounts.flatMap((known) =>
    services.filter(({ accountType }) => accountType === known.type).map((service) => infoOf(engine, known, service)),
  )
}

function infoOf({ store, adapters }: Engine, account: Account, service: ServiceRecord): SyncTargetInfo {
  const { authority, userVisible, supportsUploading } = service
  const target = store.targets.find(account.id, authority)
  return {
    account,
    authority,
    syncable: target?.syncable ?? (service.isAlwaysSyncable && !service.asksReadiness ? 1 : -1),
    syncAutomatically: target?.auto ?? service.defaultAuto,
    userVisible,
    supportsUploading,
    hasAdapter: adapters.serving(service.id) !== undefined,
  }
}
