import { checkFunction, checkMethods, checkObject, checkOptionalObject } from '../checks.ts'
import { checkDurations, checkedAccount, checkedAuthority } from '../sync-request.ts'
import type { SyncTriggerOptions } from './sync-trigger.ts'

const OF_ACCOUNTS = ['getAuthToken', 'authorizeRequest', 'invalidateAuthToken', 'on', 'off'] as const

/** Checks what both triggers take. @throws TypeError, RangeError naming the option. */
export function checkTriggerOptions(options: SyncTriggerOptions): void {
  const { sync, accounts, account, authority, authTokenType, target, reconnect } = options
  checkMethods(sync, 'sync', ['notifyPush'])
  checkMethods(accounts, 'accounts', OF_ACCOUNTS)
  checkObject(account, 'account')
  checkedAccount(account)
  checkedAuthority(authority)
  if (typeof authTokenType !== 'string') checkOptionalObject(authTokenType, 'authTokenType')
  checkFunction(target, 'target')
  checkOptionalObject(reconnect, 'reconnect')
  checkDurations('reconnect', { initialMs: reconnect?.initialMs, maxMs: reconnect?.maxMs })
  checkDurations('', { idleTimeoutMs: options.idleTimeoutMs })
  checkFunction(options.random, 'random')
}
