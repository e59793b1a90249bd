import type { AuthenticatorContext, Clock } from '@accountry/accounts'
import type { Answer } from './http-exchange.ts'
import { serverDate } from './retry-after.ts'

/** `Date` headers count whole seconds and answers take time, so less than this is not a wrong clock. */
const NOTICEABLE_MS = 5_000
/** From here on it is worth a warning. */
const WARNING_MS = 60_000

/**
 * Estimates how far this machine's clock is from the server's, from the `Date` of its answers.
 *
 * Used to check times that the server wrote (ID tokens) and to write times that the server checks (assertions,
 * proofs). Never used for the expiry of a token: that is counted on this machine's clock from the request on.
 */
export interface ServerClock {
  /** Learns from an answer; an answer without a `Date` changes nothing. */
  observe(answer: Answer, log: AuthenticatorContext['log']): void
  /** Milliseconds to add to this machine's time to get the server's; 0 while unknown. */
  readonly skewMs: number
  /** Whether an answer has ever said what time it is there. */
  readonly isKnown: boolean
  /** The server's time, epoch milliseconds. */
  now(clock: Clock): number
}

export function createServerClock(): ServerClock {
  let skewMs = 0
  let isKnown = false
  let warned = false
  return {
    get skewMs() {
      return skewMs
    },
    get isKnown() {
      return isKnown
    },
    observe(answer, log) {
      const date = serverDate(answer.headers)
      if (date === undefined) return
      isKnown = true
      // Half a second, because the header drops the fraction; the middle of the exchange, because it was sent there.
      const measured = date + 500 - (answer.requestedAt + answer.receivedAt) / 2
      skewMs = Math.abs(measured) < NOTICEABLE_MS ? 0 : measured
      if (Math.abs(skewMs) < WARNING_MS || warned) return
      warned = true
      log.warn('clock_skew', { host: answer.host, skewS: Math.round(skewMs / 1000) })
    },
    now: (clock) => clock.now() + skewMs,
  }
}
