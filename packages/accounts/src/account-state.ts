import type { AccountError } from './errors.ts'
import type { StoredState } from './vault/account-records.ts'

/** What a failed attempt does to an account. */
export type StateChange =
  | { readonly kind: 'none' }
  /** Only a person can go on, or a developer: the state is kept until somebody does something. */
  | {
      readonly kind: 'dead'
      readonly state: Exclude<StoredState, 'ok' | 'degraded'>
      readonly reason: string | undefined
      /** A configuration may have been corrected: asked again from then on. */
      readonly retryAt?: number
    }
  /** It may work later by itself. */
  | { readonly kind: 'transient'; readonly retryAt: number }

const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 5 * 60_000
/** A certificate is not repaired within a second. */
const TLS_BACKOFF_MS = 60_000

const SHORTEST_THROTTLE_MS = 1_000
const LONGEST_THROTTLE_MS = 60 * 60_000
const MISCONFIGURED_RETRY_MS = 60 * 60_000

const NEEDS_INTERACTION: ReadonlySet<string> = new Set([
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
  'step_up',
])

/**
 * Which state an account gets after `error` (docs/requirements.md: only a terminal grant error needs the person).
 *
 * @param failures How many attempts failed before, one after the other.
 * @param random A number in [0, 1): full jitter, so that processes do not come back together.
 */
export function stateAfter(error: AccountError, failures: number, now: number, random: number): StateChange {
  switch (error.code) {
    case 'ERR_INTERACTION_REQUIRED':
    case 'ERR_BAD_CREDENTIALS':
      return { kind: 'dead', state: stateOf(error.reason), reason: error.reason ?? 'token_rejected' }
    case 'ERR_DENIED':
      return error.reason === 'access_denied'
        ? { kind: 'dead', state: 'needs-reauth', reason: error.reason }
        : { kind: 'none' }
    case 'ERR_MISCONFIGURED':
      // Another client's account is fine for its own client; this process alone cannot use it.
      return error.reason === 'other-client'
        ? { kind: 'none' }
        : { kind: 'dead', state: 'misconfigured', reason: error.reason, retryAt: now + MISCONFIGURED_RETRY_MS }
    case 'ERR_NETWORK':
    case 'ERR_SERVER':
    case 'ERR_AUTHENTICATOR_TIMEOUT':
      return { kind: 'transient', retryAt: now + backoff(failures, random, FIRST_BACKOFF_MS) }
    case 'ERR_TLS':
      return { kind: 'transient', retryAt: now + backoff(failures, random, TLS_BACKOFF_MS) }
    case 'ERR_THROTTLED':
      return { kind: 'transient', retryAt: now + throttleMs(error, now, backoff(failures, random, FIRST_BACKOFF_MS)) }
    default:
      return { kind: 'none' }
  }
}

function stateOf(reason: string | undefined): 'needs-reauth' | 'needs-interaction' | 'identity-changed' {
  if (reason === 'identity_changed') return 'identity-changed'
  return reason !== undefined && NEEDS_INTERACTION.has(reason) ? 'needs-interaction' : 'needs-reauth'
}

/** What the service asked for, within reason: a header of a year would lock the account out. */
function throttleMs(error: AccountError, now: number, otherwiseMs: number): number {
  if (error.retryAt === undefined) return otherwiseMs
  return Math.min(Math.max(error.retryAt - now, SHORTEST_THROTTLE_MS), LONGEST_THROTTLE_MS)
}

function backoff(failures: number, random: number, firstMs: number): number {
  const ceiling = Math.min(firstMs * 2 ** Math.min(failures, 30), Math.max(LONGEST_BACKOFF_MS, firstMs))
  return Math.round(firstMs + random * Math.max(0, ceiling - firstMs))
}
