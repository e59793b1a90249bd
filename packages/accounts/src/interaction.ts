import type { Account } from './account.ts'
import type { SecretInput } from './secret-input.ts'

/** One field of a form that an authenticator asks a person to fill in. */
export interface FormField {
  readonly name: string
  readonly label: string
  /** Hidden while typing. Default `false`. */
  readonly secret?: boolean
  readonly value?: string
  readonly required?: boolean
}

/**
 * What the app shows its user. Each method is optional: one that is missing makes the interaction that needs it
 * `ERR_INTERACTION_REQUIRED`. A method rejects with `ERR_INTERACTION_CANCELED` when the person gives up.
 */
export interface InteractionHandler {
  /**
   * Opens the system browser at `url`, which has been checked: https, or http on a loopback address.
   *
   * Resolves when the page is open; nobody waits for the person in it. `signal` is aborted when the page is no longer
   * needed. Called once more with another address when the service forgot the first before the page was open.
   */
  openBrowser?(request: { url: URL; account?: Account; signal: AbortSignal }): Promise<void>
  showDeviceCode?(request: {
    userCode: string
    verificationUri: string
    verificationUriComplete?: string
    expiresAt: number
    signal: AbortSignal
  }): Promise<void>
  promptCredentials?(request: {
    fields: readonly FormField[]
    signal: AbortSignal
  }): Promise<Record<string, SecretInput>>
  chooseAccount?(request: { candidates: readonly Account[]; signal: AbortSignal }): Promise<Account>
  confirmGrant?(request: {
    principal: string
    account: Account
    authTokenTypeLabel: string
    signal: AbortSignal
  }): Promise<boolean>
}
