// What of the contract also runs where there is no Node: in a page, in a sandboxed preload script.
export { kindOf } from './account.ts'
export type {
  AccountErrorAction,
  AccountErrorChallenge,
  AccountErrorCode,
  AccountErrorJson,
  AccountErrorOptions,
  AccountErrorReason,
} from './errors.ts'
export { ACCOUNT_ERROR_CODES, ACCOUNT_ERROR_REASONS, AccountError, accountErrorFrom, isAccountError } from './errors.ts'
export { project } from './project.ts'
