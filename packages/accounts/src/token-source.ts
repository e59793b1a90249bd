import type { GetAuthTokenOptions } from './account-manager-types.ts'
import { checkedHeaders } from './answers.ts'
import type { AuthToken } from './auth-token.ts'
import type { Authenticator } from './authenticator.ts'
import { awaitForCaller } from './caller-signal.ts'
import { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { callPlugin } from './plugin-call.ts'
import type { RefreshAhead } from './refresh-ahead.ts'
import { Renewals } from './renewals.ts'
import { StoredTokens, type WantedToken } from './stored-tokens.ts'
import { DEFAULT_MIN_VALIDITY_MS } from './token-cache.ts'
import type { TokenKey } from './token-key.ts'
import type { AccountRecord } from './vault/account-records.ts'

/**
 * Where tokens come from: memory, the vault, a flight of this process, another process, the authenticator; in that
 * order.
 */
export class TokenSource {
  readonly #engine: Engine
  readonly credentials: CredentialWriter
  readonly stored: StoredTokens
  readonly #renewals: Renewals
  readonly #ahead: RefreshAhead | undefined

  constructor(engine: Engine, ahead: RefreshAhead | undefined) {
    this.#engine = engine
    this.#ahead = ahead
    this.credentials = new CredentialWriter(engine)
    this.stored = new StoredTokens(engine, this.credentials)
    this.#renewals = new Renewals(engine, this.credentials, this.stored)
  }

  get isFlying(): boolean {
    return this.#renewals.isFlying
  }

  async get(
    record: AccountRecord,
    key: TokenKey,
    authenticator: Authenticator | undefined,
    options: GetAuthTokenOptions,
  ): Promise<AuthToken> {
    const known = this.stored.fromVault(record, key)
    const wanted: WantedToken = {
      key,
      minValidityMs: options.minValidityMs ?? DEFAULT_MIN_VALIDITY_MS,
      options: key.options,
      notValue: options.forceRefresh === true ? (known?.token.value ?? '') : undefined,
      interactive: options.interaction === 'allow',
      notify: options.interaction === 'notify',
    }
    if (known !== undefined && this.stored.isGood(known.stored, wanted)) {
      this.#watch(known.token, known.stored.obtainedAt, authenticator, wanted)
      return known.token
    }
    if (authenticator === undefined) throw noAuthenticator(record)
    const dead = this.#renewals.deadState(record, wanted)
    if (dead !== undefined) {
      if (wanted.notify && !dead.retryable) await this.#raiseAttention(record)
      return this.stored.leftover(known, wanted, dead)
    }
    const flight = this.#renewals.join(record, authenticator, wanted)
    try {
      const token = await awaitForCaller(flight, options.signal, 'getting a token')
      this.#watch(token, this.#engine.clock.now(), authenticator, wanted)
      return token
    } catch (error) {
      if (!isAccountError(error)) throw error
      return this.stored.leftover(known, wanted, error)
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
  #watch(token: AuthToken, obtainedAt: number, authenticator: Authenticator | undefined, wanted: WantedToken): void {
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
        const next: WantedToken = { ...wanted, notValue: token.value, interactive: false, notify: true }
        const renewed = await this.#renewals.join(record, authenticator, next)
        this.#watch(renewed, this.#engine.clock.now(), authenticator, next)
      },
    })
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
    await this.#renewals.settled()
  }
}

function noAuthenticator({ account }: AccountRecord): AccountError {
  return new AccountError(
    'ERR_AUTHENTICATOR_NOT_FOUND',
    `no authenticator is registered for ${account.type}, so ${account.name} gets no new token; register one`,
    { account, action: 'contact-developer' },
  )
}
