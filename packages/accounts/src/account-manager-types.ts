import type { Account, AccountInfo, AccountRef, AccountState } from './account.ts'
import type { IssuedToken } from './auth-token.ts'
import type { Authenticator } from './authenticator.ts'
import type { Clock } from './clock.ts'
import type { InteractionHandler } from './interaction.ts'
import type { KeyProtection, KeyProvider } from './key-provider.ts'
import type { Logger } from './logger.ts'

/** Time limits in milliseconds. */
export interface Timeouts {
  /** One call to an authenticator that needs no person. Default 60 000. */
  readonly authenticatorMs: number
  /** One call to an authenticator that may ask a person. Default 600 000. */
  readonly interactionMs: number
  /** Waiting for another process that works on the same account. Default 45 000. */
  readonly leaseMs: number
  /** Waiting for the database to accept a write. Default 5 000. */
  readonly writeMs: number
  /** How long a started session can be finished. Default 600 000. */
  readonly sessionMs: number
}

export interface AccountManagerOptions {
  /** The app on whose behalf this instance acts: a reverse-DNS id. `system` sees every account, as Android's Settings does. */
  readonly app: { readonly id: string; readonly name?: string; readonly system?: boolean }
  /** Name of the vault. Default: `app.id`. Processes that name the same vault share accounts. */
  readonly vault?: string
  /** Overrides the folder `<per-user data>/accountry/<vault>`. A network file system is `ERR_UNSUPPORTED`. */
  readonly directory?: string
  /** The first usable one opens the vault; all given become recipients. */
  readonly keyProvider: KeyProvider | readonly KeyProvider[]
  readonly authenticators?: readonly Authenticator[]
  /** Absent: every interaction is `ERR_INTERACTION_REQUIRED`. */
  readonly interaction?: InteractionHandler
  /** Refuse a vault whose key is guarded less well. Default: none. */
  readonly minProtection?: 'os-user' | 'passphrase' | 'none'
  /** Renew tokens ahead of their end; for long-lived hosts. Default `false`. */
  readonly background?: boolean
  /** Used for all token, metadata and key requests. Default: the global one. */
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  /** Random bytes for waiting times and jitter; keys and nonces always come from `node:crypto`, which is the default. */
  readonly random?: (bytes: number) => Uint8Array
  readonly logger?: Logger
  readonly timeouts?: Partial<Timeouts>
  /** Default 1 000 000 accounts. */
  readonly limits?: { readonly accounts?: number }
  /** How many accounts renew ahead at once. Default 4. */
  readonly refresh?: { readonly concurrency?: number }
  /** Set a damaged vault aside and start anew. Default `false`: `ERR_VAULT_CORRUPT`, nothing touched. */
  readonly recover?: boolean
  /** Allow a folder on NFS, SMB, 9p or FUSE, where locks are unreliable. Default `false`. */
  readonly allowNetworkFileSystem?: boolean
}

export interface GetAuthTokenOptions {
  /** Default `'never'`. `'notify'` raises one attention event per account. */
  readonly interaction?: 'never' | 'notify' | 'allow'
  /** Default 60 000; at most a quarter of the token's lifetime counts. */
  readonly minValidityMs?: number
  readonly forceRefresh?: boolean
  /** Passed to the authenticator and part of the cache key: JSON, at most 4 KB. */
  readonly options?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

export type AccountVisibility = 'visible' | 'user-managed-visible' | 'not-visible' | 'user-managed-not-visible'

export interface AddAccountExplicitlyOptions {
  readonly password?: string
  readonly tokens?: Readonly<Record<string, IssuedToken>>
  readonly userData?: Readonly<Record<string, string>>
  readonly visibility?: Readonly<Record<string, AccountVisibility>>
  /** Default `'error'`: `ERR_ACCOUNT_EXISTS`. */
  readonly ifExists?: 'error' | 'update' | 'keep'
}

export interface AddAccountOptions {
  readonly name?: string
  readonly authTokenType?: string
  readonly requiredFeatures?: readonly string[]
  /** Default `'update'`. */
  readonly ifExists?: 'update' | 'error'
  readonly options?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

export interface ResolveAccountOptions {
  /** An id, a name, a unique prefix of a name, or one of an id with at least 8 characters. */
  readonly hint?: string
  readonly interaction?: 'never' | 'allow'
  readonly signal?: AbortSignal
}

export interface ChooseAccountOptions {
  /** Default: every type. Exactly one type without any account: the person signs in instead. */
  readonly types?: readonly string[]
  /** Offer only these. */
  readonly allowedAccounts?: readonly AccountRef[]
  readonly signal?: AbortSignal
}

export interface GetAuthTokenByFeaturesOptions extends GetAuthTokenOptions {
  /** For the sign-in, when there is no account yet. */
  readonly addAccountOptions?: Readonly<Record<string, unknown>>
}

export interface UpdateCredentialsOptions {
  readonly authTokenType?: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

export interface AccountInfoFilter {
  readonly type?: string
  readonly state?: AccountState
  readonly userData?: Readonly<Record<string, string>>
  readonly limit?: number
  /** The id of the last account of the page before. */
  readonly after?: string
}

export type RemovalResult = 'removed' | 'not-found' | 'denied'

export interface AccountEvent {
  readonly revision: number
  readonly at: number
  readonly account: Account
  readonly reason?: string
  readonly source: 'local' | 'other-process'
}

export interface VaultEvent {
  readonly revision: number
  readonly at: number
  readonly problem?: VaultProblem
}

export interface AccountManagerEvents {
  'account:added': [AccountEvent]
  'account:removed': [AccountEvent]
  'account:renamed': [AccountEvent]
  'account:updated': [AccountEvent]
  'account:attention': [AccountEvent]
  'account:recovered': [AccountEvent]
  'account:default-changed': [AccountEvent]
  'token:refreshed': [AccountEvent]
  'token:invalidated': [AccountEvent]
  'vault:locked': [VaultEvent]
  'vault:unlocked': [VaultEvent]
  'vault:warning': [VaultEvent]
  /**
   * This process was away for more changes than are kept (10 000, or 7 days). What accounts still show of them was told
   * before, with the reason `resync`; what happened to tokens, user data and who sees what was not, so read it again.
   */
  'vault:resync': [VaultEvent]
}

export interface VaultProblem {
  readonly code: string
  readonly message: string
  /** What the person or the developer can do. */
  readonly fix: string
}

/** A provider that can open the vault. */
export interface KeyProviderInfo {
  readonly id: string
  readonly protection: KeyProtection
  /** Whether this process was given it. */
  readonly isGiven: boolean
}

export interface VaultHealth {
  /** Nothing is broken or locked; `problems` may still hold warnings. */
  readonly ok: boolean
  readonly locked: boolean
  readonly providers: readonly { id: string; protection: KeyProtection; usable: boolean; why?: string }[]
  readonly persistence: 'disk' | 'memory'
  readonly accounts: number
  readonly needsAttention: number
  readonly directory: string
  readonly problems: readonly VaultProblem[]
}

export type { AccountInfo }
