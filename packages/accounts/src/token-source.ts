import type { Account } from './account.ts'
import type { GetAuthTokenOptions } from './account-manager-types.ts'
import { AuthToken, type IssuedToken } from './auth-token.ts'
import type { Authenticator, CredentialContext } from './authenticator.ts'
import { awaitForCaller } from './caller-signal.ts'
import { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { ExitGuard } from './exit-guard.ts'
import { callPlugin } from './plugin-call.ts'
import { isSuperseded, Refresh } from './refresh.ts'
import type { RefreshAhead } from './refresh-ahead.ts'
import { coveringToken, issuesSingleTokens } from './shared-token.ts'
import { stateError } from './state-error.ts'
import { DEFAULT_MIN_VALIDITY_MS, isFresh } from './token-cache.ts'
import { storedKeyOf, type TokenKey } from './token-key.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { StoredToken } from './vault/token-records.ts'

/** A renewal that was this recent is not repeated: the service issues tokens that are never fresher. */
const STORM_GUARD_MS = 30_000
/** How often a flight starts again because somebody changed the credential while it was away. */
const MOST_ROUNDS = 3

interface KnownToken {
  readonly token: AuthToken
  readonly stored: StoredToken
}

interface Wanted {
  readonly key: TokenKey
  readonly minValidityMs: number
  readonly options: Readonly<Record<string, unknown>>
  /** The token that is no longer good enough, although it may look fresh. */
  readonly notValue: string | undefined
  readonly interactive: boolean
  readonly notify: boolean
}

/**
 * Where tokens come from: memory, the vault, a flight of this process, another process, the authenticator; in that
 * order.
 */
export class TokenSource {
  readonly #engine: Engine
  readonly credentials: CredentialWriter
  readonly #refresh: Refresh
  /** Running flights by account, then by token key. */
  readonly #flights = new Map<string, Map<string, Promise<AuthToken>>>()

  readonly #ahead: RefreshAhead | undefined
  readonly #exitGuard = new ExitGuard()

  constructor(engine: Engine, ahead: RefreshAhead | undefined) {
    this.#engine = engine
    this.#ahead = ahead
    this.credentials = new CredentialWriter(engine)
    this.#refresh = new Refresh(engine, this.credentials)
  }

  get isFlying(): boolean {
    return this.#flights.size > 0
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
    this.#engine.cache.put(record.account.id, key.canonical, {
      token,
      obtainedAt: stored.obtainedAt,
      revision: this.#engine.revision,
    })
    return { token, stored }
  }

  #shared({ account }: AccountRecord, key: TokenKey): StoredToken | undefined {
    const description = this.#engine.authenticators.get(account.type)?.description
    if (!issuesSingleTokens(description)) return undefined
    const token = coveringToken(this.#engine.tokens.all(account.id), key, description)
    return token === undefined ? undefined : { ...token, authTokenType: key.label }
  }

  async get(
    record: AccountRecord,
    key: TokenKey,
    authenticator: Authenticator | undefined,
    options: GetAuthTokenOptions,
  ): Promise<AuthToken> {
    const known = this.fromVault(record, key)
    const wanted: Wanted = {
      key,
      minValidityMs: options.minValidityMs ?? DEFAULT_MIN_VALIDITY_MS,
      options: options.options ?? {},
      notValue: options.forceRefresh === true ? (known?.token.value ?? '') : undefined,
      interactive: options.interaction === 'allow',
      notify: options.interaction === 'notify',
    }
    if (known !== undefined && this.#isGood(known.stored, wanted)) {
      this.#watch(known.token, known.stored.obtainedAt, authenticator, wanted)
      return known.token
    }
    if (authenticator === undefined) throw noAuthenticator(record)
    const dead = stateError(record, this.#engine.clock.now())
    if (dead !== undefined) {
      if (wanted.notify && !dead.retryable) await this.#raiseAttention(record)
      return this.#leftover(known, wanted, dead)
    }
    const flight = this.#join(record, authenticator, wanted)
    try {
      const token = await awaitForCaller(flight, options.signal, 'getting a token')
      this.#watch(token, this.#engine.clock.now(), authenticator, wanted)
      return token
    } catch (error) {
      if (!isAccountError(error)) throw error
      return this.#leftover(known, wanted, error)
    }
  }

  /** That the person is needed was known before; somebody who wants them to be told comes only now. */
  async #raiseAttention({ account }: AccountRecord): Promise<void> {
    const { records } = this.#engine
    if (records.get(account.id)?.attention !== false) return
    await this.#engine.commit((announce) => {
      const record = records.get(account.id)
      if (record === undefined || record.attention) return
      records.update(account.id, { attention: 1 })
      announce({ event: 'account:attention', account, reason: record.reason })
    })
  }

  /** Tokens that somebody asked for are renewed ahead, in hosts that live long. */
  #watch(token: AuthToken, obtainedAt: number, authenticator: Authenticator | undefined, wanted: Wanted): void {
    const { expiresAt, account } = token
    if (this.#ahead === undefined || expiresAt === undefined || authenticator === undefined) return
    this.#ahead.watch({
      account: account.id,
      key: wanted.key.canonical,
      obtainedAt,
      expiresAt,
      effectiveValidityMs: Math.min(wanted.minValidityMs, (expiresAt - obtainedAt) / 4),
      renew: async () => {
        const record = this.#engine.find(account.id)
        if (record === undefined || this.#engine.authenticators.get(account.type) !== authenticator) return
        const next: Wanted = { ...wanted, notValue: token.value, interactive: false, notify: true }
        const renewed = await this.#join(record, authenticator, next)
        this.#watch(renewed, this.#engine.clock.now(), authenticator, next)
      },
    })
  }

  /** Stores a token that came by another way. */
  async put(record: AccountRecord, key: TokenKey, issued: IssuedToken): Promise<void> {
    const { records, tokens, clock } = this.#engine
    const { account } = record
    await this.#engine.commit((announce) => {
      const current = records.get(account.id)
      if (current === undefined) throw removed(account)
      if (current.attention) records.update(account.id, { attention: 0 })
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
    const { tokens, records, authenticators } = this.#engine
    const passwordIsToken = authenticators.get(type)?.description.capabilities?.passwordIsToken === true
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
    return this.#engine.vault.keyring.isOpen && this.credentials.read(record).password === value
  }

  /** The headers of one request; the authenticator makes the proof where the scheme is not `Bearer`. */
  async authorize(
    record: AccountRecord,
    authenticator: Authenticator | undefined,
    token: AuthToken,
    request: { method: string; url: URL; nonce?: string },
  ): Promise<Record<string, string>> {
    if (authenticator?.authorizeRequest === undefined || token.scheme === 'Bearer') {
      return { Authorization: `${token.scheme} ${token.value}` }
    }
    const { account } = record
    return await callPlugin(this.#engine, {
      type: account.type,
      account,
      what: `authorising a request of ${account.name}`,
      timeoutMs: this.#engine.timeouts.authenticatorMs,
      interactive: false,
      run: async (base) => {
        const context: CredentialContext = {
          ...base,
          credential: this.credentials.read(record),
          replaceCredential: async (update) => await this.credentials.replace(account, record.generation, update),
        }
        return (await authenticator.authorizeRequest?.({ token, ...request }, context)) ?? {}
      },
    })
  }

  /** Resolves when no flight is in the air. */
  async settled(): Promise<void> {
    const flights = [...this.#flights.values()].flatMap((flights) => [...flights.values()])
    await Promise.allSettled(flights)
  }

  /** A token that is not fresh but still valid is better than the news that the service cannot be reached. */
  #leftover(known: KnownToken | undefined, wanted: Wanted, error: AccountError): AuthToken {
    const isUsable = known !== undefined && known.stored.value !== wanted.notValue && this.#isValid(known.stored)
    if (error.retryable && isUsable) return known.token
    throw error
  }

  #isGood(stored: StoredToken, wanted: Wanted): boolean {
    if (stored.value === wanted.notValue) return false
    return isFresh(stored, this.#engine.clock.now(), wanted.minValidityMs)
  }

  #isValid(stored: StoredToken): boolean {
    return stored.expiresAt === undefined || this.#engine.clock.now() < stored.expiresAt
  }

  /** One flight per account and key; flights of one account follow each other at its lease. */
  #join(record: AccountRecord, authenticator: Authenticator, wanted: Wanted): Promise<AuthToken> {
    const { id } = record.account
    const flights = this.#flights.get(id) ?? new Map<string, Promise<AuthToken>>()
    const running = flights.get(wanted.key.canonical)
    if (running !== undefined) return running
    const flight = this.#fly(record, authenticator, wanted).finally(() => {
      flights.delete(wanted.key.canonical)
      if (flights.size === 0) this.#flights.delete(id)
    })
    this.#flights.set(id, flights.set(wanted.key.canonical, flight))
    return flight
  }

  async #fly(record: AccountRecord, authenticator: Authenticator, wanted: Wanted): Promise<AuthToken> {
    for (let round = 1; ; round++) {
      try {
        return await this.#underLease(record.account.id, authenticator, wanted)
      } catch (error) {
        if (!isSuperseded(error) || this.#engine.records.get(record.account.id) === undefined)
          throw removedInstead(error, record)
        if (round === MOST_ROUNDS) throw error
      }
    }
  }

  async #underLease(id: string, authenticator: Authenticator, wanted: Wanted): Promise<AuthToken> {
    const { vault, timeouts } = this.#engine
    let answer: AuthToken | undefined
    const lease = await vault.leases.acquire(`account:${id}`, {
      waitMs: timeouts.leaseMs,
      isAnswered: () => {
        answer = this.#answerIn(id, wanted)
        return answer !== undefined
      },
    })
    if (lease === undefined) return answer as AuthToken
    try {
      const answered = this.#answerIn(id, wanted)
      if (answered !== undefined) return answered
      const record = this.#readRecord(id)
      return await this.#exitGuard.during(async () => await this.#refresh.run(lease, record, authenticator, wanted))
    } finally {
      await lease.release()
    }
  }

  /** What somebody else brought meanwhile: a token, or the reason why there is none. */
  #answerIn(id: string, wanted: Wanted): AuthToken | undefined {
    const record = this.#readRecord(id)
    const known = this.fromVault(record, wanted.key)
    if (known !== undefined && (this.#isGood(known.stored, wanted) || this.#isRecent(known.stored, wanted)))
      return known.token
    const dead = stateError(record, this.#engine.clock.now())
    return dead === undefined ? undefined : this.#leftover(known, wanted, dead)
  }

  #isRecent(stored: StoredToken, wanted: Wanted): boolean {
    if (wanted.notValue !== undefined || !this.#isValid(stored)) return false
    const age = this.#engine.clock.now() - stored.obtainedAt
    return age >= 0 && age < STORM_GUARD_MS
  }

  #readRecord(id: string): AccountRecord {
    const record = this.#engine.records.get(id)
    if (record !== undefined) return record
    throw new AccountError(
      'ERR_ACCOUNT_NOT_FOUND',
      `the account with id ${id} was removed meanwhile; list accounts again`,
    )
  }
}

function noAuthenticator({ account }: AccountRecord): AccountError {
  return new AccountError(
    'ERR_AUTHENTICATOR_NOT_FOUND',
    `no authenticator is registered for ${account.type}, so ${account.name} gets no new token; register one`,
    { account, action: 'contact-developer' },
  )
}

function removedInstead(error: unknown, { account }: AccountRecord): unknown {
  return isSuperseded(error) ? removed(account) : error
}

function removed(account: Account): AccountError {
  return new AccountError('ERR_ACCOUNT_NOT_FOUND', `${account.name} (${account.type}) was removed meanwhile`, {
    account,
  })
}
