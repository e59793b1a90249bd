export type { Account, AccountInfo, AccountRef, AccountState } from './account.ts'
export { AccountManager } from './account-manager.ts'
export type * from './account-manager-types.ts'
export type { AuthTokenFields, IssuedToken } from './auth-token.ts'
export { AuthToken } from './auth-token.ts'
export type * from './authenticator.ts'
export type { Clock } from './clock.ts'
export { systemClock } from './clock.ts'
export type {
  AccountErrorAction,
  AccountErrorChallenge,
  AccountErrorCode,
  AccountErrorJson,
  AccountErrorOptions,
  AccountErrorReason,
} from './errors.ts'
export { ACCOUNT_ERROR_CODES, ACCOUNT_ERROR_REASONS, AccountError, accountErrorFrom, isAccountError } from './errors.ts'
export type { AuthTokenGrant } from './grants.ts'
export type { FormField, InteractionHandler } from './interaction.ts'
export type {
  KeyOutcome,
  KeyProtection,
  KeyProvider,
  KeyRequestOptions,
  StoreKeyProvider,
  WrapKeyProvider,
} from './key-provider.ts'
export type { LogFields, Logger } from './logger.ts'
export { SecretInput } from './secret-input.ts'
export type { SessionOptions, SessionStart } from './sessions.ts'
export type { ImportPlan, ImportResult } from './transfer.ts'
