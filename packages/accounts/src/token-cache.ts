import type { AuthToken } from './auth-token.ts'

/** A token in memory, with the revision of the change feed at which it was known to be the stored one. */
export interface CachedToken {
  readonly token: AuthToken
  readonly obtainedAt: number
  readonly revision: number
}

/** How many tokens stay in memory; the one that was put first goes first. */
export const MAX_CACHED_TOKENS = 200_000

/** Default of `minValidityMs`. */
export const DEFAULT_MIN_VALIDITY_MS = 60_000

/**
 * Whether a token can still be handed out.
 *
 * At `now === expiresAt` it is gone. Before that it must be valid for `minValidityMs`, but never for more than a
 * quarter of its lifetime: otherwise a token of one minute would be renewed at each call.
 */
export function isFresh(
  token: { readonly expiresAt: number | undefined; readonly obtainedAt: number },
  now: number,
  minValidityMs: number,
): boolean {
  const { expiresAt, obtainedAt } = token
  if (expiresAt === undefined) return true
  if (now >= expiresAt) return false
  const lifetime = expiresAt - obtainedAt
  return expiresAt - now >= Math.min(minValidityMs, lifetime / 4)
}

/** Tokens in memory: found by account and canonical key, forgotten by account or by value. */
export class TokenCache {
  readonly #byAccount = new Map<string, Map<string, CachedToken>>()
  readonly #limit: number
  #size = 0

  constructor(limit: number = MAX_CACHED_TOKENS) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  get(account: string, key: string): CachedToken | undefined {
    return this.#byAccount.get(account)?.get(key)
  }

  put(account: string, key: string, entry: CachedToken): void {
    let tokens = this.#byAccount.get(account)
    if (tokens === undefined) {
      tokens = new Map()
      this.#byAccount.set(account, tokens)
    }
    if (!tokens.has(key)) this.#size++
    tokens.set(key, entry)
    while (this.#size > this.#limit) this.#dropOldest()
  }

  /** Forgets what was known before `revision`: somebody changed the account at it. */
  forgetBefore(account: string, revision: number): void {
    const tokens = this.#byAccount.get(account)
    if (tokens === undefined) return
    for (const [key, entry] of tokens) if (entry.revision < revision) this.#delete(account, tokens, key)
  }

  clear(): void {
    this.#byAccount.clear()
    this.#size = 0
  }

  #dropOldest(): void {
    const [account, tokens] = this.#byAccount.entries().next().value ?? []
    const key = tokens?.keys().next().value
    if (account !== undefined && tokens !== undefined && key !== undefined) this.#delete(account, tokens, key)
  }

  #delete(account: string, tokens: Map<string, CachedToken>, key: string): void {
    if (tokens.delete(key)) this.#size--
    if (tokens.size === 0) this.#byAccount.delete(account)
  }
}
