import { AuthToken, type IssuedToken } from './auth-token.ts'
import type { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import type { AccountError } from './errors.ts'
import { coveringToken, issuesSingleTokens } from './shared-token.ts'
import { DEFAULT_MIN_VALIDITY_MS, isFresh } from './token-cache.ts'
import { storedKeyOf, type TokenKey } from './token-key.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { StoredToken } from './vault/token-records.ts'

export interface KnownToken {
  readonly token: AuthToken
  readonly stored: StoredToken
}

/** What a caller asked for. */
export interface WantedToken {
  readonly key: TokenKey
  readonly minValidityMs: number
  readonly options: Readonly<Record<string, unknown>>
  /** The token that is no longer good enough, although it may look fresh. */
  readonly notValue: string | undefined
  readonly interactive: boolean
  readonly notify: boolean
  readonly onAsking?: () => void
}

/** Tokens in memory and in the vault, whatever the authenticator says. */
export class StoredTokens {
  readonly #engine: Engine
  readonly #credentials: CredentialWriter

  constructor(engine: Engine, credentials: CredentialWriter) {
    this.#engine = engine
    this.#credentials = credentials
  }

  /** The token in memory, when it is good for at least `minValidityMs`. */
  fromMemory(
    account: string,
    canonicalKey: string,
    minValidityMs: number = DEFAULT_MIN_VALIDITY_MS,
  ): AuthToken | undefined {
    const entry = this.#engine.cache.get(account, canonicalKey)
    if (entry === undefined) return undefined
    if (entry.expiresAt === undefined) return entry.token
    return isFresh(entry, this.#engine.clock.now(), minValidityMs) ? entry.token : undefined
  }

  /** The stored token, whatever its age; reads the vault and remembers it. */
  fromVault(record: AccountRecord, key: TokenKey): KnownToken | undefined {
    const stored = this.#engine.tokens.get(record.account.id, storedKeyOf(key)) ?? this.#shared(record, key)
    if (stored === undefined) return undefined
    const token = new AuthToken({ ...stored, account: record.account })
    this.#engine.remember(key.canonical, token, stored.obtainedAt)
    return { token, stored }
  }

  #shared({ account }: AccountRecord, key: TokenKey): StoredToken | undefined {
    const description = this.#engine.sight.descriptionOf(account.type)
    if (!issuesSingleTokens(description)) return undefined
    const token = coveringToken(this.#engine.tokens.all(account.id), key, description)
    return token === undefined ? undefined : { ...token, authTokenType: key.label }
  }

  /** Stores a token that came by another way. */
  async put(record: AccountRecord, key: TokenKey, issued: IssuedToken): Promise<void> {
    const { records, tokens, clock } = this.#engine
    const { account } = record
    await this.#engine.commit((announce) => {
      if (this.#engine.current(account).attention) records.update(account.id, { attention: 0 })
      tokens.put(account.id, storedKeyOf(key), {
        value: issued.value,
        authTokenType: key.label,
        scheme: issued.scheme ?? 'Bearer',
        expiresAt: issued.expiresAt,
        scopes: issued.scopes ?? [],
        obtainedAt: clock.now(),
      })
      announce({ event: 'token:refreshed', account })
    })
  }

  /** Deletes the tokens of `type` that have this value, and no others; compare-and-delete. */
  async invalidate(type: string, value: string): Promise<void> {
    const { tokens, records, sight } = this.#engine
    const passwordIsToken = sight.descriptionOf(type)?.capabilities?.passwordIsToken === true
    await this.#engine.commit((announce) => {
      for (const id of tokens.deleteByValue(type, value)) {
        const record = records.get(id)
        if (record === undefined) continue
        announce({ event: 'token:invalidated', account: record.account })
        // The service issues no other: only the person can bring a new one. The rejected one is kept.
        if (!passwordIsToken && !this.#isPassword(record, value)) continue
        records.update(id, { state: 'needs-reauth', reason: 'token_rejected' })
        announce({ event: 'account:updated', account: record.account, reason: 'token_rejected' })
      }
    })
  }

  /** Whether the rejected token is the account's credential itself, because the service gave it no refresh token. */
  #isPassword(record: AccountRecord, value: string): boolean {
    return this.#engine.vault.keyring.isOpen && this.#credentials.read(record).password === value
  }

  /** A token that is not fresh but still valid is better than the news that the service cannot be reached. */
  leftover(known: KnownToken | undefined, wanted: WantedToken, error: AccountError): AuthToken {
    const isUsable = known !== undefined && known.stored.value !== wanted.notValue && this.isValid(known.stored)
    if (error.retryable && isUsable) return known.token
    throw error
  }

  isGood(stored: StoredToken, wanted: WantedToken): boolean {
    if (stored.value === wanted.notValue) return false
    return isFresh(stored, this.#engine.clock.now(), wanted.minValidityMs)
  }

  isValid(stored: StoredToken): boolean {
    return isFresh(stored, this.#engine.clock.now(), 0)
  }
}
