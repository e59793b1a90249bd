import { kindOf } from './account.ts'
import type { AddAccountExplicitlyOptions } from './account-manager-types.ts'
import { MAX_KEY_BYTES, MAX_SECRET_BYTES, MAX_USER_DATA_BYTES } from './answers.ts'
import { AccountError } from './errors.ts'
import { checkObject, checkOneOf, checkText } from './manager-options.ts'

const VISIBILITIES = ['visible', 'user-managed-visible', 'not-visible', 'user-managed-not-visible']

/** @throws TypeError, AccountError `ERR_LIMIT_EXCEEDED`; nothing was written. */
export function checkExplicitOptions(options: AddAccountExplicitlyOptions): void {
  checkObject(options, 'options')
  checkOneOf(options.ifExists, 'ifExists', ['error', 'update', 'keep'])
  if (options.password !== undefined) checkPassword(options.password, 'password')
  if (options.userData !== undefined) checkObject(options.userData, 'userData')
  for (const [key, value] of Object.entries(options.userData ?? {})) checkNewUserData(key, value)
  if (options.tokens !== undefined) checkObject(options.tokens, 'tokens')
  if (options.visibility !== undefined) checkObject(options.visibility, 'visibility')
  for (const value of Object.values(options.visibility ?? {})) checkVisibility(value)
}

export function checkVisibility(value: unknown): void {
  if (value === undefined) throw new TypeError('visibility must be given')
  checkOneOf(value, 'visibility', VISIBILITIES)
}

export function checkPassword(password: unknown, option: string): void {
  if (typeof password !== 'string') throw new TypeError(`${option} must be a string, received ${kindOf(password)}`)
  checkSize(Buffer.byteLength(password), MAX_SECRET_BYTES, option)
}

export function checkNewUserData(key: unknown, value: unknown): void {
  checkText(key, 'key')
  checkSize(Buffer.byteLength(key), MAX_KEY_BYTES, 'key')
  if (value === undefined) return
  if (typeof value !== 'string') throw new TypeError(`value must be a string or undefined, received ${kindOf(value)}`)
  checkSize(Buffer.byteLength(value), MAX_USER_DATA_BYTES, 'value')
}

function checkSize(bytes: number, most: number, option: string): void {
  if (bytes > most)
    throw new AccountError('ERR_LIMIT_EXCEEDED', `${option} has ${bytes} bytes; at most ${most} are allowed`)
}
