import type { Account } from './account.ts'
import type { AuthToken } from './auth-token.ts'
import type { Authenticator } from './authenticator.ts'
import type { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { ExitGuard } from './exit-guard.ts'
import { type Flight, Flights } from './flights.ts'
import { isSuperseded, Refresh } from './refresh.ts'
import { stateError } from './state-error.ts'
import type { StoredTokens, WantedToken } from './stored-tokens.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { StoredToken } from './vault/token-records.ts'

/** A renewal that was this recent is not repeated: the service issues tokens that are never fresher. */
const STORM_GUARD_MS = 30_000
/** How often a flight starts again because somebody changed the credential while it was away. */
const MOST_ROUNDS = 3

/** Has tokens renewed: once for all who wait, in this process and in others, and under the lease of the account. */
export class Renewals {
  readonly #engine: Engine
  readonly #stored: StoredTokens
  readonly #refresh: Refresh
  readonly #flights = new Flights()
  readonly #exitGuard = new ExitGuard()

  constructor(engine: Engine, credentials: CredentialWriter, stored: StoredTokens) {
    this.#engine = engine
    this.#stored = stored
    this.#refresh = new Refresh(engine, credentials)
  }

  get isFlying(): boolean {
    return !this.#flights.isEmpty
  }

  /** Resolves when no flight is in the air. */
  async settled(): Promise<void> {
    await this.#flights.settled()
  }

  /**
   * One flight per account and key; flights of one account follow each other at its lease. Whoever may ask the person
   * is not answered by a flight that may not, and whoever may not does not wait for the person.
   */
  async join(record: AccountRecord, authenticator: Authenticator, wanted: WantedToken): Promise<AuthToken> {
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
      return await this.join(record, authenticator, wanted)
    }
  }

  #takeOff({ account }: AccountRecord, authenticator: Authenticator, wanted: WantedToken): Flight {
    return this.#flights.start(account.id, wanted.key.canonical, wanted, async (order, onAsking) => {
      // A getter, because somebody who joins later may want the person to be told.
      const request = Object.defineProperty({ ...wanted, onAsking }, 'notify', { get: () => order.notify })
      return await this.#fly(account, authenticator, request)
    })
  }

  /** Whether only asking the person, in the middle of issuing a token, leads on. */
  #mayAsk(wanted: WantedToken, authenticator: Authenticator | undefined): boolean {
    const canUpdate = authenticator?.updateCredentials !== undefined
    return wanted.interactive && !canUpdate && this.#engine.interaction !== undefined
  }

  /** Why an account cannot give a token, unless the person who can help is there. */
  deadState(record: AccountRecord, wanted: WantedToken): AccountError | undefined {
    const dead = stateError(record, this.#engine.clock.now())
    const authenticator = this.#engine.authenticators.get(record.account.type)
    const isForPerson = dead?.code === 'ERR_INTERACTION_REQUIRED' && record.state !== 'identity-changed'
    return isForPerson && this.#mayAsk(wanted, authenticator) ? undefined : dead
  }

  async #fly(account: Account, authenticator: Authenticator, wanted: WantedToken): Promise<AuthToken> {
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

  async #underLease(account: Account, authenticator: Authenticator, wanted: WantedToken): Promise<AuthToken> {
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
  #answerIn(id: string, wanted: WantedToken): AuthToken | undefined {
    const record = this.#readRecord(id)
    const known = this.#stored.fromVault(record, wanted.key)
    if (known !== undefined && (this.#stored.isGood(known.stored, wanted) || this.#isRecent(known.stored, wanted)))
      return known.token
    const dead = this.deadState(record, wanted)
    return dead === undefined ? undefined : this.#stored.leftover(known, wanted, dead)
  }

  #isRecent(stored: StoredToken, wanted: WantedToken): boolean {
    if (wanted.notValue !== undefined || !this.#stored.isValid(stored)) return false
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
