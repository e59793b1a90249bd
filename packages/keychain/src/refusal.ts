import { AccountError } from '@accountry/accounts'

/** Why a key could not be had or kept: every outcome but `found`. */
export interface Refusal {
  readonly kind: 'absent' | 'locked' | 'denied' | 'corrupt' | 'unavailable'
  readonly why: string
}

/** The error of a write that met with a refusal. `what` was to be done, e.g. "store the key". */
export function refusalError(what: string, refusal: Refusal): AccountError {
  if (refusal.kind === 'locked') {
    return new AccountError('ERR_VAULT_LOCKED', `cannot ${what}: ${refusal.why}. Unlock the keychain and try again`)
  }
  if (refusal.kind === 'denied') {
    return new AccountError('ERR_DENIED', `cannot ${what}: ${refusal.why}`, { reason: 'access_denied' })
  }
  return new AccountError(
    'ERR_VAULT_UNAVAILABLE',
    `cannot ${what}: ${refusal.why}. Where there is no keychain, use passphraseKey, environmentKey or fileKey`,
  )
}
