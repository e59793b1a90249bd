import { AccountError } from './errors.ts'

/**
 * One account of a person with a service.
 *
 * `id` is random, never reused and survives a rename; `(type, name)` is unique, compared exactly and in Unicode NFC.
 */
export interface Account {
  readonly id: string
  readonly type: string
  readonly name: string
}

/** An account, or its id. A string is never a name. */
export type AccountRef = Account | string

/**
 * What an account can do now.
 *
 * `needs-reauth`, `needs-interaction` and `identity-changed` reject tokens with `ERR_INTERACTION_REQUIRED`,
 * `misconfigured` with `ERR_MISCONFIGURED`, `degraded` with the last transient code. `orphaned` is computed for
 * this process (no authenticator is registered for the type) and hides no stored state.
 */
export type AccountState =
  | 'ok'
  | 'needs-reauth'
  | 'needs-interaction'
  | 'misconfigured'
  | 'degraded'
  | 'identity-changed'
  | 'orphaned'

/** What is known of an account beside its credentials. */
export interface AccountInfo {
  readonly account: Account
  readonly state: AccountState
  /** Why it is in that state, e.g. `rotation_response_lost`. */
  readonly reason?: string
  /** Epoch milliseconds before which the account is not asked again. */
  readonly retryAt?: number
  readonly createdAt: number
  readonly lastAuthenticatedAt?: number
  readonly previousName?: string
  readonly issuer?: string
  /** Facts about the person that the service vouched for; display only. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Rises with every change of the account's credential: tells "the same still" from "signed in again". */
  readonly credentialRevision: number
}

/** Longest name or type in bytes of UTF-8. */
export const MAX_NAME_BYTES = 512

// Control, bidirectional-override and zero-width characters make one name look like another, or forge log lines.
export const UNSAFE_CHARACTERS: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the rule is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]|\u034f|\p{Noncharacter_Code_Point}/u

/**
 * Checks an account name or type and returns it in NFC.
 *
 * @throws TypeError for what is not a usable name; {@link AccountError} `ERR_LIMIT_EXCEEDED` above 512 bytes.
 */
export function checkedName(value: unknown, option: string): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a string, received ${kindOf(value)}`)
  if (!value.isWellFormed()) throw new TypeError(`${option} has a lone surrogate and is not valid Unicode text`)
  if (value.trim() === '') throw new TypeError(`${option} must not be empty`)
  const name = value.normalize('NFC')
  if (UNSAFE_CHARACTERS.test(name)) throw new TypeError(`${option} has control or invisible characters`)
  const bytes = Buffer.byteLength(name)
  if (bytes > MAX_NAME_BYTES) {
    throw new AccountError('ERR_LIMIT_EXCEEDED', `${option} has ${bytes} bytes; at most ${MAX_NAME_BYTES} are allowed`)
  }
  return name
}

/**
 * The id behind an {@link AccountRef}.
 *
 * @throws TypeError when it is neither an account nor a non-empty id.
 */
export function accountIdOf(ref: AccountRef, option = 'account'): string {
  const id = typeof ref === 'object' && ref !== null ? ref.id : ref
  if (typeof id === 'string' && id !== '') return id
  throw new TypeError(`${option} must be an Account or an account id, received ${kindOf(ref)}`)
}

/** What kind of value this is, for messages; never the value, which may be a secret in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value === '') return 'an empty string'
  return typeof value === 'object' ? 'an object' : typeof value
}
