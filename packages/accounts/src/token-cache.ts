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

/** By how much a clock may go back without anybody having set it. */
const MOST_SKEW_MS = 5_000

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
  // A clock that was set back would keep an ended token alive for as long as it went back.
  if (now >= expiresAt || now < obtainedAt - MOST_SKEW_MS) return false
  const lifetime = expiresAt - obtainedAt
  return expiresAt - now >= Math.min(minValidityMs, lifetime / 4)
}

/** A token with its key and its end in one object, so that finding it among very many touches little memory. */
interface Entry extends CachedToken {
  readonly key: string
  readonly expiresAt: number | undefined
  /** Only with the first token of an account: its other ones, by their keys. Most accounts have none. */
  readonly others: Map<string, Entry> | undefined
}

/** Tokens in memory: found by account and canonical key, forgotten by account or by value. */
export class TokenCache {
  /** The first token of each account. */
  readonly #byAccount = new Map<string, Entry>()
  readonly #limit: number
  #size = 0

  constructor(limit: number = MAX_CACHED_TOKENS) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  get(account: string, key: string): (CachedToken & { readonly expiresAt: number | undefined }) | undefined {
    const first = this.#byAccount.get(account)
    if (first === undefined || first.key === key) return first
    return first.others?.get(key)
  }

  put(account: string, key: string, { token, obtainedAt, revision }: CachedToken): void {
    const entry = { key, token, expiresAt: token.expiresAt, obtainedAt, revision, others: undefined }
    const first = this.#byAccount.get(account)
    if (this.get(account, key) === undefined) this.#size++
    if (first === undefined) this.#byAccount.set(account, entry)
    else if (first.key === key) this.#byAccount.set(account, { ...entry, others: first.others })
    else if (first.others !== undefined) first.others.set(key, entry)
    else this.#byAccount.set(account, { ...first, others: new Map([[key, entry]]) })
    while (this.#size > this.#limit) this.#dropOldest()
  }

  /** Forgets what was known before `revision`: somebody changed the account at it. */
  forgetBefore(account: string, revision: number): void {
    const first = this.#byAccount.get(account)
    if (first === undefined) return
    for (const [key, entry] of first.others ?? []) {
      if (entry.revision < revision && first.others?.delete(key)) this.#size--
    }
    if (first.revision < revision) this.#dropFirst(account, first)
  }

  clear(): void {
    this.#byAccount.clear()
    this.#size = 0
  }

  #dropOldest(): void {
    const [account, first] = this.#byAccount.entries().next().value ?? []
    if (account !== undefined && first !== undefined) this.#dropFirst(account, first)
  }

  /** The next token of the account takes its place. */
  #dropFirst(account: string, { others }: Entry): void {
    this.#size--
    const next = others?.values().next().value
    if (next === undefined) {
      this.#byAccount.delete(account)
      return
    }
    others?.delete(next.key)
    this.#byAccount.set(account, { ...next, others })
  }
}
