import { kindOf } from '../account.ts'
import type { GetAuthTokenOptions } from '../account-manager-types.ts'
import { AuthToken } from '../auth-token.ts'
import { checkNotAborted } from '../caller-signal.ts'
import { checkDuration, checkFlag, checkObject, checkOneOf, checkText } from './checks.ts'

/** @throws TypeError, RangeError. */
export function checkTokenOptions(options: GetAuthTokenOptions): void {
  checkObject(options, 'options')
  checkOneOf(options.interaction, 'interaction', ['never', 'notify', 'allow'])
  checkDuration(options.minValidityMs, 'minValidityMs')
  checkFlag(options.forceRefresh, 'forceRefresh')
  checkNotAborted(options.signal, 'getting a token')
}

/** Whether memory may answer a call with these options, unchecked: anything odd goes the long way, which checks. */
export function isPlainRequest(options: GetAuthTokenOptions): boolean {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false
  const { forceRefresh, options: extra, signal, interaction, minValidityMs } = options
  if (forceRefresh !== undefined || extra !== undefined || signal !== undefined || interaction !== undefined)
    return false
  return minValidityMs === undefined || (minValidityMs >= 0 && Number.isFinite(minValidityMs))
}

/** @throws TypeError. */
export function checkAuthToken(token: unknown): asserts token is AuthToken {
  if (!(token instanceof AuthToken)) throw new TypeError(`token must be an AuthToken, received ${kindOf(token)}`)
}

/** The request for which headers are wanted. @throws TypeError. */
export function checkRequest(request: { method: string; url: URL; nonce?: string }): void {
  checkObject(request, 'request')
  checkText(request.method, 'request.method')
  if (!(request.url instanceof URL)) {
    throw new TypeError(`request.url must be a URL, received ${kindOf(request.url)}`)
  }
  if (request.nonce !== undefined) checkText(request.nonce, 'request.nonce')
}
