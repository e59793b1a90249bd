// What travels between server and page. Nothing here has a place for a secret; what a person types goes to the server
// in the body of one POST and never comes back.

import type { AccountErrorAction, AccountErrorCode, AccountState, AccountVisibility } from '@accountry/accounts'
import type { SyncExplanation, SyncProgress } from '@accountry/sync'

/** An error as the page shows it. */
export interface ShownError {
  /** `ERR_BAD_REQUEST`: the page asked for something that makes no sense. `ERR_UNEXPECTED`: a mistake of the app. */
  readonly code: AccountErrorCode | 'ERR_BAD_REQUEST' | 'ERR_UNEXPECTED'
  readonly message: string
  readonly action?: AccountErrorAction
  readonly reason?: string
  readonly retryAt?: number
}

export interface Overview {
  readonly title: string
  readonly app: { readonly id: string; readonly name?: string }
  readonly vault: VaultView
  /** The account types that can be added here. */
  readonly types: readonly AccountTypeView[]
  readonly accounts: readonly AccountCard[]
  /** How many accounts there are; more than `accounts` when they were cut. */
  readonly total: number
  /** Absent: this page shows no synchronisation. */
  readonly sync?: { readonly master: boolean; readonly active: number }
  readonly activities: readonly ActivityView[]
  readonly questions: readonly QuestionView[]
  /** The server's clock, epoch milliseconds. */
  readonly now: number
}

export interface VaultView {
  readonly ok: boolean
  readonly locked: boolean
  readonly persistence: 'disk' | 'memory'
  readonly directory: string
  readonly accounts: number
  readonly needsAttention: number
  readonly providers: readonly {
    readonly id: string
    readonly protection: string
    readonly usable: boolean
    readonly why?: string
  }[]
  readonly problems: readonly { readonly code: string; readonly message: string; readonly fix: string }[]
}

export interface AccountTypeView {
  readonly type: string
  readonly label: string
  readonly hasIcon: boolean
}

/** An account in the list. */
export interface AccountCard {
  readonly id: string
  readonly type: string
  readonly name: string
  /** Of its type, for people. */
  readonly label: string
  readonly hasIcon: boolean
  readonly state: AccountState
  readonly reason?: string
  readonly retryAt?: number
  /** The one of its type that is used when nobody says which. */
  readonly isDefault: boolean
  /** Whether this app serves its type: the person can sign in to it here. */
  readonly isServed: boolean
  readonly isSyncing: boolean
}

export interface AccountDetails {
  readonly card: AccountCard
  readonly createdAt: number
  readonly lastAuthenticatedAt?: number
  readonly previousName?: string
  readonly issuer?: string
  /** What the service says of the person. */
  readonly claims: readonly { readonly name: string; readonly value: string }[]
  readonly authorities?: readonly AuthorityView[]
  readonly history?: readonly HistoryView[]
  /** Absent: this app does not own the account, and may not change it. */
  readonly apps?: readonly AppAccess[]
}

export interface AuthorityView {
  readonly authority: string
  readonly isSyncable: boolean
  readonly automatic: boolean
  readonly active: boolean
  readonly pending: boolean
  readonly progress?: SyncProgress
  readonly lastSuccessAt?: number
  readonly lastFailureAt?: number
  readonly lastFailure?: string
  readonly nextRunAt?: number
  readonly periodMs?: number
  /** Local deletions that wait for the person's word. */
  readonly deletionsHeld?: number
  readonly explanation: Pick<SyncExplanation, 'state' | 'reasons' | 'text' | 'nextRunAt'>
}

export interface HistoryView {
  readonly id: number
  readonly authority: string
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: string
  readonly result: string
  readonly reason: string
  readonly inserts: number
  readonly updates: number
  readonly deletes: number
  readonly message?: string
}

/** What one other app may do with an account. */
export interface AppAccess {
  readonly principal: string
  readonly visibility?: AccountVisibility
  readonly grants: readonly { readonly authTokenType: string; readonly label: string; readonly allowed: boolean }[]
}

export type ActivityKind = 'add' | 'reauthenticate' | 'remove' | 'unlock'

/** Something that takes time, or a person. */
export interface ActivityView {
  readonly id: string
  readonly kind: ActivityKind
  readonly state: 'running' | 'done' | 'failed' | 'canceled'
  readonly type?: string
  readonly account?: string
  /** What came of it: the id of the account, or the answer to a removal. */
  readonly result?: string
  readonly error?: ShownError
}

/** Something that only the person can do, as the page shows it. */
export type QuestionContent =
  | { readonly kind: 'browser'; readonly url: string; readonly host: string; readonly isOpened: boolean }
  | {
      readonly kind: 'device-code'
      readonly userCode: string
      readonly verificationUri: string
      readonly verificationUriComplete?: string
      readonly expiresAt: number
    }
  | { readonly kind: 'form'; readonly fields: readonly ShownField[] }
  | { readonly kind: 'choice'; readonly candidates: readonly { id: string; name: string; type: string }[] }
  | { readonly kind: 'grant'; readonly principal: string; readonly accountName: string; readonly label: string }
  | { readonly kind: 'passphrase'; readonly attempt: number; readonly create: boolean }

export type QuestionView = QuestionContent & { readonly id: string; readonly activity?: string }

export interface ShownField {
  readonly name: string
  readonly label: string
  readonly secret: boolean
  readonly required: boolean
  /** Never of a secret field. */
  readonly value?: string
}

/** Sent over the event stream when something may look different now; the page asks again. */
export interface ChangeNotice {
  /** Accounts whose details may differ; absent: any. */
  readonly accounts?: readonly string[]
}

export interface ProgressNotice {
  readonly account: string
  readonly authority: string
  readonly progress: SyncProgress
}
