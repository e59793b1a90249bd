import { AccountError } from '../errors.ts'
import type { SlotOutcome } from './key-slots.ts'

/** Why secrets cannot be read now. */
export type LockCause = Exclude<SlotOutcome, { kind: 'opened' }>

export const LOCKED_BY_APP: LockCause = { kind: 'locked', why: 'the app locked it', provider: '' }
export const NOT_UNLOCKED_YET: LockCause = { kind: 'locked', why: 'the vault was not unlocked yet', provider: '' }
export const ROTATED_AWAY: LockCause = {
  kind: 'locked',
  why: 'its key was rotated while this app was away',
  provider: '',
}

const SEVERITY = { lost: 0, unavailable: 1, locked: 2 } as const

/** While one way may still open later, the key is not lost. */
export function worse(a: LockCause, b: LockCause): LockCause {
  return a.why !== '' && SEVERITY[a.kind] > SEVERITY[b.kind] ? a : b
}

/** The error of everything that needs the key while there is none. */
export function lockedError(cause: LockCause): AccountError {
  if (cause.kind === 'lost') {
    return new AccountError(
      'ERR_VAULT_KEY_LOST',
      `the key of this vault is lost or wrong: ${cause.why}. Nothing was changed; restore the key, or sign in again in a new vault`,
      { reason: 'wrong_key' },
    )
  }
  if (cause.kind === 'unavailable') {
    return new AccountError(
      'ERR_VAULT_UNAVAILABLE',
      `${cause.provider} cannot be reached, so the vault stays locked: ${cause.why}`,
      { action: 'unlock', retryable: true },
    )
  }
  return new AccountError('ERR_VAULT_LOCKED', `the vault is locked: ${cause.why}. Unlock it and try again`)
}

/** The error of a new vault, or a new recipient, for which no provider works. */
export function noProvider(refusals: readonly LockCause[]): AccountError {
  const reasons = refusals.map((refusal) => `${refusal.provider}: ${refusal.why}`).join('; ')
  const weak = refusals.some((refusal) => refusal.why.includes('minProtection'))
  return new AccountError(
    'ERR_VAULT_UNAVAILABLE',
    `no key provider can guard this vault (${reasons}). Use another one: ${othersThan(refusals)}`,
    { action: 'contact-developer', ...(weak && { reason: 'weak_protection' as const }) },
  )
}

/** The other providers there are; advice that names the one that failed helps nobody. */
function othersThan(refusals: readonly LockCause[]): string {
  const failed = new Set(refusals.map(({ provider }) => provider))
  const others = ['passphraseKey', 'environmentKey', 'fileKey']
  return (failed.has('os-keychain') ? others : ['osKeychain', ...others]).join(', ').replace(/, (?=\w+$)/, ' or ')
}
