import type { AccountRef } from '@accountry/accounts'
import type {
  SyncAdapterType,
  SyncExplanation,
  SyncHistoryItem,
  SyncInfo,
  SyncOutcome,
  SyncStatus,
  SyncTarget,
} from '@accountry/sync'
import type { SyncQuery, SyncReceipt, SyncTargetQuery } from '../bridge/calls.ts'
import { accountId } from './account-id.ts'
import type { BridgeLink } from './bridge-link.ts'

/** An account, an authority, both, or neither (all). */
export interface SyncScope {
  readonly account?: AccountRef
  readonly authority?: string
}

/** What is to be synchronised, and how: the part of `SyncRequest` that a page may use. */
export type SyncWish = SyncScope & Omit<SyncQuery, 'account' | 'authority'>

/** What a page can ask the app's `SyncManager`, under its names. */
export class SyncClient {
  readonly #link: BridgeLink

  constructor(link: BridgeLink) {
    this.#link = link
  }

  getSyncAdapterTypes(): Promise<SyncAdapterType[]> {
    return this.#link.call('getSyncAdapterTypes', undefined)
  }

  /** Asks for a synchronisation. Resolves when the wish is stored: from then on it will run, also after a crash. */
  async requestSync(request: SyncWish = {}): Promise<SyncReceipt> {
    return await this.#link.call('requestSync', queryOf(request))
  }

  /** The same, and waits until it is over or parked. Aborting ends the waiting, not the run. */
  async performSync(request: SyncWish = {}, options: { signal?: AbortSignal } = {}): Promise<SyncOutcome> {
    return await this.#link.call('performSync', queryOf(request), options.signal)
  }

  /** @returns How many were canceled. */
  async cancelSync(scope: SyncScope | { readonly id: string } = {}): Promise<number> {
    return await this.#link.call('cancelSync', 'id' in scope ? { id: scope.id } : scopeOf(scope))
  }

  async getSyncStatus(target: SyncTarget): Promise<SyncStatus | undefined> {
    return await this.#link.call('getSyncStatus', targetOf(target))
  }

  /** Why a target is not being synchronised now, and when it next may be. */
  async explain(target: SyncTarget): Promise<SyncExplanation> {
    return await this.#link.call('explainSync', targetOf(target))
  }

  async getHistory(filter: SyncScope & { readonly limit?: number } = {}): Promise<SyncHistoryItem[]> {
    const { limit } = filter
    return await this.#link.call('getSyncHistory', { ...scopeOf(filter), ...(limit !== undefined && { limit }) })
  }

  getCurrentSyncs(): Promise<SyncInfo[]> {
    return this.#link.call('getCurrentSyncs', undefined)
  }

  async getSyncAutomatically(target: SyncTarget): Promise<boolean> {
    return await this.#link.call('getSyncAutomatically', targetOf(target))
  }

  async setSyncAutomatically(target: SyncTarget, on: boolean): Promise<void> {
    await this.#link.call('setSyncAutomatically', { ...targetOf(target), on })
  }

  getMasterSyncAutomatically(): Promise<boolean> {
    return this.#link.call('getMasterSyncAutomatically', undefined)
  }

  async setMasterSyncAutomatically(on: boolean): Promise<void> {
    await this.#link.call('setMasterSyncAutomatically', { on })
  }
}

function targetOf({ account, authority }: SyncTarget): SyncTargetQuery {
  return { account: accountId(account), authority }
}

function scopeOf({ account, authority }: SyncScope): { account?: string; authority?: string } {
  return {
    ...(account !== undefined && { account: accountId(account) }),
    ...(authority !== undefined && { authority }),
  }
}

function queryOf(wish: SyncWish): SyncQuery {
  const { account: _account, authority: _authority, ...rest } = wish
  return { ...rest, ...scopeOf(wish) }
}
