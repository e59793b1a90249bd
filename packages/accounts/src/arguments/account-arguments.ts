import { accountIdOf, checkedName, kindOf } from '../account.ts'
import type { AccountInfoFilter, AddAccountExplicitlyOptions, ChooseAccountOptions } from '../account-manager-types.ts'
import { MAX_KEY_BYTES, MAX_PROFILE_LENGTH, MAX_SECRET_BYTES, MAX_USER_DATA_BYTES } from '../answer-reading.ts'
import { checkNotAborted } from '../caller-signal.ts'
import { AccountError } from '../errors.ts'
import { checkCount, checkObject, checkOneOf, checkOptionalText, checkText, checkTexts } from './checks.ts'
import { checkPrincipal } from './principal.ts'

const VISIBILITIES = ['visible', 'user-managed-visible', 'not-visible', 'user-managed-not-visible']
const STATES = ['ok', 'needs-reauth', 'needs-interaction', 'misconfigured', 'degraded', 'identity-changed', 'orphaned']

/** The `{ type, name }` of a new account, in NFC. @throws TypeError, AccountError `ERR_LIMIT_EXCEEDED`. */
export function checkedNewAccountArgument(account: unknown): { type: string; name: string } {
  if (typeof account !== 'object' || account === null || Array.isArray(account)) {
    throw new TypeError(`account must be { type, name }, received ${kindOf(account)}`)
  }
  const { type, name } = account as Record<string, unknown>
  return { type: checkedName(type, 'account.type'), name: checkedName(name, 'account.name') }
}

/** @throws TypeError, AccountError `ERR_LIMIT_EXCEEDED`; nothing was written. */
export function checkExplicitOptions(options: AddAccountExplicitlyOptions): void {
  checkObject(options, 'options')
  const { ifExists, password, userData, tokens, visibility } = options
  checkOneOf(ifExists, 'ifExists', ['error', 'update', 'keep'])
  if (password !== undefined) checkPassword(password, 'password')
  if (userData !== undefined) checkObject(userData, 'userData')
  for (const [key, value] of Object.entries(userData ?? {})) checkNewUserData(key, value)
  if (userData !== undefined) checkTotal(userData)
  if (tokens !== undefined) checkObject(tokens, 'tokens')
  if (visibility !== undefined) checkObject(visibility, 'visibility')
  for (const [principal, value] of Object.entries(visibility ?? {})) {
    checkPrincipal(principal, 'a principal of visibility')
    checkVisibility(value)
  }
}

/** @throws TypeError. */
export function checkVisibility(value: unknown): void {
  if (value === undefined) throw new TypeError('visibility must be given, received undefined')
  checkOneOf(value, 'visibility', VISIBILITIES)
}

/** @throws TypeError, AccountError `ERR_LIMIT_EXCEEDED`. */
export function checkPassword(password: unknown, option: string): void {
  if (typeof password !== 'string') throw new TypeError(`${option} must be a string, received ${kindOf(password)}`)
  checkSize(Buffer.byteLength(password), MAX_SECRET_BYTES, option)
}

/** @throws TypeError, AccountError `ERR_LIMIT_EXCEEDED`. */
export function checkNewUserData(key: unknown, value: unknown): void {
  checkText(key, 'key')
  checkSize(Buffer.byteLength(key), MAX_KEY_BYTES, 'key')
  if (value === undefined) return
  if (typeof value !== 'string') throw new TypeError(`value must be a string or undefined, received ${kindOf(value)}`)
  checkSize(Buffer.byteLength(value), MAX_USER_DATA_BYTES, 'value')
}

/** @throws TypeError, RangeError. */
export function checkInfoFilter(filter: AccountInfoFilter): void {
  checkObject(filter, 'filter')
  checkOptionalText(filter.type, 'filter.type')
  checkOneOf(filter.state, 'filter.state', STATES)
  checkCount(filter.limit, 'filter.limit', 0)
  checkOptionalText(filter.after, 'filter.after')
  if (filter.userData === undefined) return
  checkObject(filter.userData, 'filter.userData')
  for (const value of Object.values(filter.userData)) {
    if (typeof value !== 'string') throw new TypeError(`filter.userData must hold strings, received ${kindOf(value)}`)
  }
}

/** @throws TypeError. */
export function checkChooseOptions(options: ChooseAccountOptions): void {
  checkObject(options, 'options')
  const { types, allowedAccounts, signal } = options
  if (types !== undefined) checkTexts(types, 'types')
  if (allowedAccounts !== undefined) checkAccounts(allowedAccounts, 'allowedAccounts')
  checkNotAborted(signal, 'choosing an account')
}

/** @throws TypeError. */
export function checkAccounts(accounts: unknown, option: string): void {
  if (!Array.isArray(accounts)) throw new TypeError(`${option} must be an array, received ${kindOf(accounts)}`)
  for (const [i, account] of accounts.entries()) accountIdOf(account as string, `${option}[${i}]`)
}

/** All of it is sealed as one record. */
function checkTotal(userData: object): void {
  const length = Object.entries(userData).reduce((sum, [key, value]) => sum + key.length + String(value).length, 0)
  checkSize(length, MAX_PROFILE_LENGTH, 'userData')
}

function checkSize(bytes: number, most: number, option: string): void {
  if (bytes > most)
    throw new AccountError('ERR_LIMIT_EXCEEDED', `${option} has ${bytes} bytes; at most ${most} are allowed`)
}
