export type * from '@accountry/accounts'
export {
  ACCOUNT_ERROR_CODES,
  ACCOUNT_ERROR_REASONS,
  AccountError,
  AccountManager,
  AuthToken,
  accountErrorFrom,
  isAccountError,
  SecretInput,
  systemClock,
} from '@accountry/accounts'
export type * from '@accountry/oauth'
export {
  createEndSessionUrl,
  createOAuthAuthenticator,
  createSecretAuthenticator,
  oauthBearer,
  xoauth2,
} from '@accountry/oauth'
export type * from '@accountry/settings'
export { createPageInteraction, openSettingsPage } from '@accountry/settings'
export type * from '@accountry/sync'
export {
  alwaysConnected,
  areExtrasEqual,
  arePeriodicSyncsEqual,
  createEventSourceTrigger,
  createSyncResult,
  createSyncStats,
  createWebSocketTrigger,
  DEFAULT_BACKOFF,
  formatDuration,
  hasError,
  hasHardError,
  hasSoftError,
  madeSomeProgress,
  nodeEnvironment,
  openSqliteStore,
  resultLogCode,
  SyncManager,
  SyncRetry,
} from '@accountry/sync'
export type { Accountry, AccountryOptions } from './accountry.ts'
export { openAccountry } from './accountry.ts'
export type { TerminalInteractionOptions } from './terminal/terminal-interaction.ts'
export { terminalInteraction } from './terminal/terminal-interaction.ts'
