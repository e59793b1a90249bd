/** Every code that an AccountError can carry. `docs/guide/errors.md` has a section for each. */
export const ACCOUNT_ERROR_CODES = [
  'ERR_ACCOUNT_NOT_FOUND',
  'ERR_ACCOUNT_EXISTS',
  'ERR_AUTHENTICATOR_NOT_FOUND',
  'ERR_AUTHENTICATOR_EXISTS',
  'ERR_AUTHENTICATOR_FAILED',
  'ERR_AUTHENTICATOR_TIMEOUT',
  'ERR_INVALID_RESPONSE',
  'ERR_INTERACTION_REQUIRED',
  'ERR_INTERACTION_CANCELED',
  'ERR_INTERACTION_TIMEOUT',
  'ERR_DENIED',
  'ERR_BAD_CREDENTIALS',
  'ERR_IDENTITY_MISMATCH',
  'ERR_SCOPE_NOT_GRANTED',
  'ERR_NETWORK',
  'ERR_THROTTLED',
  'ERR_SERVER',
  'ERR_TLS',
  'ERR_CLOCK_SKEW',
  'ERR_MISCONFIGURED',
  'ERR_UNSUPPORTED',
  'ERR_LIMIT_EXCEEDED',
  'ERR_VAULT_LOCKED',
  'ERR_VAULT_UNAVAILABLE',
  'ERR_VAULT_KEY_LOST',
  'ERR_VAULT_CORRUPT',
  'ERR_VAULT_NEWER',
  'ERR_STORAGE_WRITE',
  'ERR_LOCK_TIMEOUT',
  'ERR_SESSION_INVALID',
  'ERR_IMPORT_INVALID',
  'ERR_ORIGIN_NOT_ALLOWED',
  'ERR_NOT_REPLAYABLE',
  'ERR_ABORTED',
  'ERR_CLOSED',
] as const

export type AccountErrorCode = (typeof ACCOUNT_ERROR_CODES)[number]

/** Why, where one code has several causes that an app may want to tell apart. */
export const ACCOUNT_ERROR_REASONS = [
  // why a person has to sign in again
  'revoked_or_reused',
  'rotation_response_lost',
  'expired',
  'token_rejected',
  'no_credential',
  'identity_changed',
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
  'step_up',
  // who said no
  'access_denied',
  'not_owner',
  'not_granted',
  'grant_denied',
  'removal_refused',
  'superseded',
  'account_removed',
  'caller',
  // which account
  'no_account',
  'several_accounts',
  // the way to the server
  'offline',
  'ambiguous',
  'timeout',
  'throttled',
  'server',
  'captive_portal',
  'redirect',
  'unsupported_token_type',
  'other-client',
  'issuer_mismatch',
  'endpoint_changed',
  'port_in_use',
  'no_browser',
  // the vault
  'missing',
  'damaged',
  'not_a_vault',
  'newer',
  'foreign_owner',
  'symlink',
  'permissions',
  'network_file_system',
  'disk_full',
  'read_only',
  'io',
  'busy',
  'weak_protection',
  'wrong_key',
] as const

export type AccountErrorReason = (typeof ACCOUNT_ERROR_REASONS)[number]

/** What the person can do about it. */
export type AccountErrorAction =
  | 'sign-in'
  | 'unlock'
  | 'allow'
  | 'choose-account'
  | 'check-network'
  | 'check-clock'
  | 'check-permissions'
  | 'contact-developer'
  | 'free-disk'
  | 'restore-key'
  | 'update-app'
  | 'wait'

/** What a step-up or a narrower grant asks for. */
export interface AccountErrorChallenge {
  claims?: string
  scopes?: string[]
  acrValues?: string[]
  maxAgeS?: number
}
