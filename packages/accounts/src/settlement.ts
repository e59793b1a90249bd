import { stateAfter } from './account-state.ts'
import { AuthToken, type IssuedToken } from './auth-token.ts'
import { superseded } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import { issuesSingleTokens } from './shared-token.ts'
import type { Lease } from './storage/leases.ts'
import { storedKeyOf, type TokenKey } from './token-key.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { NewChange } from './vault/change-feed.ts'
import type { StoredToken } from './vault/token-records.ts'

interface Attempted {
  readonly record: AccountRecord
  readonly generation: number
}

/** Writes down how an attempt ended and gives the lease back, in one transaction. */
export class Settlement {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Stores the token, brings the account back to `ok`, and returns what callers get.
   *
   * @throws AccountError `ERR_ABORTED` (`superseded`) when the credential changed meanwhile; nothing is stored then.
   */
  async succeed(lease: Lease, attempt: Attempted, key: TokenKey, issued: IssuedToken): Promise<AuthToken> {
    const { account } = attempt.record
    const stored: StoredToken = {
      value: issued.value,
      authTokenType: key.label,
      scheme: issued.scheme ?? 'Bearer',
      expiresAt: issued.expiresAt,
      scopes: issued.scopes ?? [],
      obtainedAt: this.#engine.clock.now(),
    }
    let token = new AuthToken({ ...stored, account })
    try {
      const revision = await this.#engine.commit((announce) => {
        const record = this.#current(attempt)
        // It may have been renamed while the token was on its way.
        token = new AuthToken({ ...stored, account: record.account })
        // The service has just ended every other token of the account.
        if (issuesSingleTokens(this.#engine.sight.descriptionOf(account.type))) {
          this.#engine.tokens.deleteAll(account.id)
        }
        this.#engine.tokens.put(account.id, storedKeyOf(key), stored)
        lease.releaseInside()
        if (record.state !== 'ok' || record.failures > 0 || record.doubtful !== undefined) {
          this.#engine.records.update(account.id, RECOVERED)
          if (record.state !== 'ok') announce({ event: 'account:recovered', account: record.account })
        }
        announce({ event: 'token:refreshed', account: record.account })
        return this.#engine.vault.feed.latest
      })
      // Somebody may have changed the account right after this commit; then the next call reads the vault.
      if (this.#engine.revision === revision) {
        this.#engine.remember(key.canonical, token, stored.obtainedAt, revision)
      }
    } catch (error) {
      if (!(error instanceof AccountError) || error.code !== 'ERR_STORAGE_WRITE') throw error
      // The token is good; only keeping it failed. Whoever waits for it gets it.
      this.#engine.remember(key.canonical, token, stored.obtainedAt)
    }
    return token
  }

  /** Sets the state that `failure` leads to and returns the error for the callers. */
  async fail(
    lease: Lease,
    attempt: Attempted,
    failure: AccountError,
    request: { readonly notify: boolean },
  ): Promise<AccountError> {
    const { account } = attempt.record
    const error = withAccount(failure, attempt.record)
    return await this.#engine.commit((announce) => {
      lease.releaseInside()
      const record = this.#engine.records.get(account.id)
      if (record === undefined) return superseded(account, 'account_removed')
      // Whoever changed the account meanwhile decided its state.
      if (record.generation !== attempt.generation) return error
      return this.#changeState(record, error, request.notify, announce)
    })
  }

  #changeState(
    record: AccountRecord,
    error: AccountError,
    notify: boolean,
    announce: (change: NewChange) => void,
  ): AccountError {
    const { account } = record
    const { clock, records } = this.#engine
    const change = stateAfter(error, record.failures, clock.now(), this.#engine.random())
    if (change.kind === 'none') return error
    if (change.kind === 'transient') {
      records.update(account.id, {
        state: 'degraded',
        reason: error.reason ?? null,
        transient_code: error.code,
        retry_at: Math.trunc(change.retryAt),
        failures: record.failures + 1,
      })
      announce({ event: 'account:state', account })
      return new AccountError(error.code, error.message, { ...error, retryAt: change.retryAt })
    }
    const isSecurity = change.state === 'identity-changed'
    const raises = (notify || isSecurity) && !record.attention
    records.update(account.id, {
      state: change.state,
      reason: change.reason ?? null,
      challenge: error.challenge === undefined ? null : JSON.stringify(error.challenge),
      transient_code: null,
      retry_at: change.retryAt === undefined ? null : Math.trunc(change.retryAt),
      failures: record.failures + 1,
      ...(raises && { attention: 1 }),
    })
    if (isSecurity) this.#engine.tokens.deleteAll(account.id)
    announce({ event: 'account:updated', account, reason: change.reason })
    if (raises) announce({ event: 'account:attention', account, reason: change.reason })
    return error
  }

  #current(attempt: Attempted): AccountRecord {
    const { account } = attempt.record
    const record = this.#engine.records.get(account.id)
    if (record === undefined) throw superseded(account, 'account_removed')
    if (record.generation !== attempt.generation) throw superseded(account, 'superseded')
    return record
  }
}

/** What an account looks like after a token came or the person signed in. */
export const RECOVERED = {
  state: 'ok',
  reason: null,
  challenge: null,
  transient_code: null,
  retry_at: null,
  failures: 0,
  doubtful: null,
  attention: 0,
} as const

function withAccount(error: AccountError, { account }: AccountRecord): AccountError {
  return error.account === undefined ? new AccountError(error.code, error.message, { ...error, account }) : error
}
