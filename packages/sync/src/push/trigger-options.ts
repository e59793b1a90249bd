import { kindOf } from '@accountry/accounts/foundation'
import { checkDurations, checkedAccount, checkedAuthority, checkedObject } from '../sync-request.ts'
import type { SyncTriggerOptions } from './sync-trigger.ts'

const OF_ACCOUNTS = ['getAuthToken', 'authorizeRequest', 'invalidateAuthToken', 'on', 'off'] as const

/** Checks what both triggers take. @throws TypeError, RangeError naming the option. */
export function checkTriggerOptions(options: SyncTriggerOptions): void {
  const { sync, accounts, account, authority, authTokenType, target, reconnect } = options
  if (typeof checkedObject(sync, 'sync').notifyPush !== 'function') throw new TypeError('sync must be a SyncManager')
  checkedObject(accounts, 'accounts')
  if (OF_ACCOUNTS.some((name) => typeof accounts[name] !== 'function')) {
    throw new TypeError('accounts must be an AccountManager')
  }
  checkedObject(account, 'account')
  checkedAccount(account)
  checkedAuthority(authority)
  if (typeof authTokenType !== 'string' && authTokenType !== undefined) checkedObject(authTokenType, 'authTokenType')
  checkFunction(target, 'target')
  if (reconnect !== undefined) checkedObject(reconnect, 'reconnect')
  checkDurations('reconnect', { initialMs: reconnect?.initialMs, maxMs: reconnect?.maxMs })
  checkDurations('', { idleTimeoutMs: options.idleTimeoutMs })
  checkFunction(options.random, 'random')
}

/** @throws TypeError when it is given and no function. */
export function checkFunction(value: unknown, option: string): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`${option} must be a function, received ${kindOf(value)}`)
}

/** @throws TypeError when it is given and no array of strings. */
export function checkTexts(value: unknown, option: string): void {
  if (value === undefined) return
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array, received ${kindOf(value)}`)
  for (const text of value) {
    if (typeof text !== 'string') throw new TypeError(`${option} must hold strings, received ${kindOf(text)}`)
  }
}
