import type { AccountError, AccountInfo, KeyProviderInfo, VaultHealth } from '@accountry/accounts'
import type { HeldLease } from '@accountry/accounts/foundation'

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly check: 'runtime' | 'vault' | 'key' | 'clock' | 'accounts' | 'locks' | 'sync'
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do about it. */
  readonly fix?: string
}

/** How far this machine's clock is from that of a service, in milliseconds; positive when it is ahead. */
export interface ClockComparison {
  readonly host: string
  readonly skewMs: number
}

/** An authority of an account that waits for the account to recover. */
export interface ParkedSync {
  readonly accountName: string
  readonly authority: string
}

/** A lease that is not simply somebody's work in progress. */
export interface SuspectLease extends HeldLease {
  /** Whose token it is about; absent for sign-ins and for accounts that are gone. */
  readonly accountName?: string
}

/** Everything `doctor` found out, before it is judged. */
export interface Facts {
  /** Name of the command, for the advice. */
  readonly command: string
  readonly nodeVersion: string
  /** Of each package that belongs together, its version. */
  readonly packages: Readonly<Record<string, string>>
  readonly now: number
  /** Why the vault did not open. */
  readonly openError?: AccountError
  /** There is no vault, and this is what the OS keychain says of itself. */
  readonly withoutVault?: { readonly keychain: string | undefined }
  readonly health?: VaultHealth
  readonly keys: readonly KeyProviderInfo[]
  readonly infos: readonly AccountInfo[]
  /** Held by the dead, or for suspiciously long by the living. */
  readonly leases: readonly SuspectLease[]
  readonly parked: readonly ParkedSync[]
  readonly clocks: readonly ClockComparison[]
}
