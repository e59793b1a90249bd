import type { Account } from './account.ts'
import type { GetAuthTokenOptions } from './account-manager-types.ts'
import { checkedHeaders } from './answers.ts'
import { AuthToken, type IssuedToken } from './auth-token.ts'
import type { Authenticator } from './authenticator.ts'
import { awaitForCaller } from './caller-signal.ts'
import { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { ExitGuard } from './exit-guard.ts'
import { type Flight, Flights } from './flights.ts'
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
  readonly onAsking?: () => void
}

/**
 * Where tokens come from: memory, the vault, a flight of this process, another process, the authenticator; in that
 * order.
 */
export class TokenSource {
  readonly #engine: Engine
  readonly credentials: CredentialWriter
  readonly #refresh: Refresh
  readonly #flights = new Flights()
  readonly #ahead: RefreshAhead | undefined
  readonly #exitGuard = new ExitGuard()

  constructor(engine: Engine, ahead: RefreshAhead | undefined) {
    this.#engine = engine
    this.#ahead = ahead
    this.credentials = new CredentialWriter(engine)
    this.#refresh = new Refresh(engine, this.credentials)
  }

  get isFlying(): boolean {
    return !this.#flights.isEmpty
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
      options: key.options,
      notValue: options.forceRefresh === true ? (known?.token.value ?? '') : undefined,
      interactive: options.interaction === 'allow',
      notify: options.interaction === 'notify',
    }
    if (known !== undefined && this.#isGood(known.stored, wanted)) {
      this.#watch(known.token, known.stored.obtainedAt, authenticator, wanted)
      return known.token
    }
    if (authenticator === undefined) throw noAuthenticator(record)
    const dead = this.#deadState(record, wanted)
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
    const headers: unknown = await callPlugin(this.#engine, {
      type: account.type,
      account,
      what: `authorising a request of ${account.name}`,
      timeoutMs: this.#engine.timeouts.authenticatorMs,
      interactive: false,
      run: async (base) => {
        const context = this.credentials.contextFor(base, record)
        return await authenticator.authorizeRequest?.({ token, ...request }, context)
      },
    })
    return checkedHeaders(headers, account.type)
  }

  /** Resolves when no flight is in the air. */
  async settled(): Promise<void> {
    await this.#flights.settled()
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
    return isFresh(stored, this.#engine.clock.now(), 0)
  }

  /**
   * One flight per account and key; flights of one account follow each other at its lease. Whoever may ask the person
   * is not answered by a flight that may not, and whoever may not does not wait for the person.
   */
  async #join(record: AccountRecord, authenticator: Authenticator, wanted: Wanted): Promise<AuthToken> {
    const { id } = record.account
    const running = this.#flights.find(id, wanted.key.canonical)
    if (running === undefined) return await this.#takeOff(record, authenticator, wanted).landed
    running.notify ||= wanted.notify
    if (running.interactive && !wanted.interactive) {
      const asking = running.asking.then(() => Promise.reject(personIsBusy(record)))
      return await Promise.race([running.landed, asking])
    }
    try {
      return await running.landed
    } catch (error) {
      const isForPerson = isAccountError(error) && error.code === 'ERR_INTERACTION_REQUIRED'
      const mayGoOn = wanted.interactive && !running.interactive && isForPerson && this.#mayAsk(wanted, authenticator)
      if (!mayGoOn) throw error
      return await this.#join(record, authenticator, wanted)
    }
  }

  #takeOff({ account }: AccountRecord, authenticator: Authenticator, wanted: Wanted): Flight {
    return this.#flights.start(account.id, wanted.key.canonical, wanted, async (order, onAsking) => {
      // A getter, because somebody who joins later may want the person to be told.
      const request = Object.defineProperty({ ...wanted, onAsking }, 'notify', { get: () => order.notify })
      return await this.#fly(account, authenticator, request)
    })
  }

  /** Whether only asking the person, in the middle of issuing a token, leads on. */
  #mayAsk(wanted: Wanted, authenticator: Authenticator | undefined): boolean {
    const canUpdate = authenticator?.updateCredentials !== undefined
    return wanted.interactive && !canUpdate && this.#engine.interaction !== undefined
  }

  /** Why an account cannot give a token, unless the person who can help is there. */
  #deadState(record: AccountRecord, wanted: Wanted): AccountError | undefined {
    const dead = stateError(record, this.#engine.clock.now())
    const authenticator = this.#engine.authenticators.get(record.account.type)
    const isForPerson = dead?.code === 'ERR_INTERACTION_REQUIRED' && record.state !== 'identity-changed'
    return isForPerson && this.#mayAsk(wanted, authenticator) ? undefined : dead
  }

  async #fly(account: Account, authenticator: Authenticator, wanted: Wanted): Promise<AuthToken> {
    for (let round = 1; ; round++) {
      try {
        return await this.#underLease(account, authenticator, wanted)
      } catch (error) {
        if (!isSuperseded(error) || this.#engine.records.get(account.id) === undefined)
          throw removedInstead(error, account)
        if (round === MOST_ROUNDS) throw error
      }
    }
  }

  async #underLease(account: Account, authenticator: Authenticator, wanted: Wanted): Promise<AuthToken> {
    const { vault, timeouts } = this.#engine
    const { id } = account
    let answer: AuthToken | undefined
    const lease = await vault.leases.acquire(`account:${id}`, {
      waitMs: timeouts.leaseMs,
      isAnswered: () => {
        if (!wanted.interactive && this.#flights.isAsking(id)) throw personIsBusy({ account })
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
    const dead = this.#deadState(record, wanted)
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

function removedInstead(error: unknown, account: Account): unknown {
  return isSuperseded(error) ? removed(account) : error
}

/** `retryable`, so that a token that is still valid is handed out instead. */
function personIsBusy({ account }: { readonly account: Account }): AccountError {
  return new AccountError(
    'ERR_INTERACTION_REQUIRED',
    `the person is being asked about ${account.name} (${account.type}) right now; try again afterwards`,
    { account, reason: 'interaction_required', retryable: true },
  )
}

function removed(account: Account): AccountError {
  return new AccountError('ERR_ACCOUNT_NOT_FOUND', `${account.name} (${account.type}) was removed meanwhile`, {
    account,
  })
}
