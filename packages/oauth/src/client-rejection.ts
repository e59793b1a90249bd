import type { Clock } from '@accountry/accounts'
import type { Failure, Outcome } from './classify.ts'
import { startStopwatch } from './stopwatch.ts'

/** As long as the manager leaves an account alone that met the same. */
const PATIENCE_MS = 3_600_000
/** What a server says about the client, whoever's credential it sends (RFC 6749 §5.2). */
const ABOUT_THE_CLIENT: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
])

/**
 * Remembers that a server does not accept the client. That is so for every account: one of them asks, the others get
 * the same answer without a request, for an hour or until somebody signs in (docs/requirements.md, classes of failure).
 */
export interface ClientRejection {
  /** Why no renewal can succeed now; `undefined`: it may be tried. */
  current(): Failure | undefined
  /** Learns from the answer to a renewal, and from every success. */
  learn(outcome: Outcome, isRenewal: boolean, clock: Clock): void
}

export function createClientRejection(): ClientRejection {
  let known: { readonly failure: Failure; readonly ageMs: () => number } | undefined
  return {
    current: () => (known !== undefined && known.ageMs() < PATIENCE_MS ? known.failure : undefined),
    learn(outcome, isRenewal, clock) {
      if (outcome.kind === 'success') known = undefined
      else if (isRenewal && ABOUT_THE_CLIENT.has(outcome.failure.error ?? '')) {
        known = { failure: outcome.failure, ageMs: startStopwatch(clock) }
      }
    },
  }
}
