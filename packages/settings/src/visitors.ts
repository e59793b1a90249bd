import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '@accountry/accounts'

/** How long a one-time URL opens the page, in milliseconds. */
export const URL_LIFETIME_MS = 600_000
/** A session ends at the latest after so long; the page then asks for a new link. */
export const SESSION_LIFETIME_MS = 43_200_000
/** More browsers than this at once are nobody's; the oldest gives way. */
const MOST_AT_ONCE = 20

/**
 * Who may look at the page: browsers that brought a one-time token, and then the cookie that they got for it.
 *
 * Only digests are kept: how long a look-up takes tells nothing about the tokens.
 */
export class Visitors {
  readonly #clock: Clock
  readonly #tokens = new Map<string, number>()
  readonly #sessions = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A token for one browser, good once. */
  invite(): string {
    return this.#remember(this.#tokens, URL_LIFETIME_MS)
  }

  /** @returns The new session, or `undefined` when the token is unknown, used or too old. */
  admit(token: string): string | undefined {
    const digest = digestOf(token)
    const isGood = this.#isAlive(this.#tokens, digest)
    this.#tokens.delete(digest)
    return isGood ? this.#remember(this.#sessions, SESSION_LIFETIME_MS) : undefined
  }

  knows(session: string): boolean {
    return this.#isAlive(this.#sessions, digestOf(session))
  }

  #remember(kept: Map<string, number>, lifetimeMs: number): string {
    const secret = randomBytes(32).toString('base64url')
    kept.set(digestOf(secret), this.#clock.now() + lifetimeMs)
    const [oldest] = kept.keys()
    if (kept.size > MOST_AT_ONCE && oldest !== undefined) kept.delete(oldest)
    return secret
  }

  #isAlive(kept: ReadonlyMap<string, number>, digest: string): boolean {
    const endsAt = kept.get(digest)
    return endsAt !== undefined && this.#clock.now() < endsAt
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64')
}
