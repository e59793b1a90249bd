import type {
  Account,
  AccountErrorJson,
  AccountInfo,
  AccountState,
  KeyProtection,
  RemovalResult,
} from '@accountry/accounts'
import type {
  SyncAdapterType,
  SyncExplanation,
  SyncExtras,
  SyncHandle,
  SyncHistoryItem,
  SyncInfo,
  SyncOutcome,
  SyncStatus,
} from '@accountry/sync'

/** An account type as a page may know it. */
export interface AccountTypeInfo {
  readonly type: string
  readonly label: string
  readonly icon?: string
  /** What tokens can be for, with the label to show. Scopes and origins stay in the main process. */
  readonly authTokenTypes: Readonly<Record<string, string>>
}

export interface AccountInfoQuery {
  readonly type?: string
  readonly state?: AccountState
  /** Default and most: 500. */
  readonly limit?: number
  /** The id of the last account of the page before. */
  readonly after?: string
}

/** A vault's health without its place on the disk. */
export interface VaultHealthInfo {
  readonly ok: boolean
  readonly locked: boolean
  readonly providers: readonly { id: string; protection: KeyProtection; usable: boolean; why?: string }[]
  readonly persistence: 'disk' | 'memory'
  readonly accounts: number
  readonly needsAttention: number
  readonly problems: readonly { readonly code: string; readonly message: string; readonly fix: string }[]
}

/** One account and one authority, by the account's id. */
export interface SyncTargetQuery {
  readonly account: string
  readonly authority: string
}

/** A wish to synchronise, as far as a page may have one. */
export interface SyncQuery {
  readonly account?: string
  readonly authority?: string
  readonly extras?: SyncExtras
  readonly manual?: boolean
  readonly expedited?: boolean
  readonly upload?: boolean
  readonly deletions?: 'override' | 'discard'
}

/** What became of a wish, without the promises that cannot cross. */
export type SyncReceipt = Pick<SyncHandle, 'id' | 'outcome' | 'reason'>

/** A token that the host allows pages to have. */
export interface ExposedToken {
  readonly value: string
  readonly scheme: string
  readonly expiresAt?: number
  readonly scopes: readonly string[]
}

/** One HTTP request that the main process sends with the account's token. */
export interface BridgeRequest {
  readonly account: string
  readonly authTokenType: string
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
  /** As in `fetch`. Default `follow`. */
  readonly redirect?: 'error' | 'follow' | 'manual'
}

export interface BridgeResponse {
  readonly status: number
  readonly statusText: string
  /** Where the answer came from, after redirects. */
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

/** What a page can ask the main process for: `[request, answer]`, each a plain value. There is no other way. */
export interface BridgeCalls {
  getAccounts: [undefined, Account[]]
  getAccountInfos: [AccountInfoQuery, AccountInfo[]]
  getAccountInfo: [{ readonly account: string }, AccountInfo]
  getAccountTypes: [undefined, AccountTypeInfo[]]
  getDefaultAccount: [{ readonly type: string }, Account | undefined]
  setDefaultAccount: [{ readonly type: string; readonly account?: string }, undefined]
  addAccount: [
    {
      readonly type: string
      readonly name?: string
      readonly authTokenType?: string
      readonly ifExists?: 'update' | 'error'
    },
    Account,
  ]
  updateCredentials: [{ readonly account: string; readonly authTokenType?: string }, Account]
  confirmCredentials: [{ readonly account: string }, boolean]
  renameAccount: [{ readonly account: string; readonly name: string }, Account]
  removeAccount: [{ readonly account: string }, RemovalResult]
  unlock: [undefined, boolean]
  getHealth: [undefined, VaultHealthInfo]
  request: [BridgeRequest, BridgeResponse]
  getAuthToken: [{ readonly account: string; readonly authTokenType: string }, ExposedToken]
  openSettings: [undefined, undefined]
  getSyncAdapterTypes: [undefined, SyncAdapterType[]]
  requestSync: [SyncQuery, SyncReceipt]
  performSync: [SyncQuery, SyncOutcome]
  cancelSync: [{ readonly account?: string; readonly authority?: string } | { readonly id: string }, number]
  getSyncStatus: [SyncTargetQuery, SyncStatus | undefined]
  explainSync: [SyncTargetQuery, SyncExplanation]
  getSyncHistory: [
    { readonly account?: string; readonly authority?: string; readonly limit?: number },
    SyncHistoryItem[],
  ]
  getCurrentSyncs: [undefined, SyncInfo[]]
  getSyncAutomatically: [SyncTargetQuery, boolean]
  setSyncAutomatically: [SyncTargetQuery & { readonly on: boolean }, undefined]
  getMasterSyncAutomatically: [undefined, boolean]
  setMasterSyncAutomatically: [{ readonly on: boolean }, undefined]
}

export type BridgeCall = keyof BridgeCalls
export type CallRequest<Name extends BridgeCall> = BridgeCalls[Name][0]
export type CallAnswer<Name extends BridgeCall> = BridgeCalls[Name][1]

/** An error as it crosses: an AccountError, or a wrong argument. Nothing else leaves the main process. */
export type WireError = AccountErrorJson | { readonly name: 'TypeError' | 'RangeError'; readonly message: string }

/** What comes back. A rejection would lose everything but its message on the way. */
export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: WireError }
