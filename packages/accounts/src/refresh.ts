import { checkedIssuedToken } from './answers.ts'
import type { AuthToken, IssuedToken } from './auth-token.ts'
import type { Authenticator, Credential, CredentialContext } from './authenticator.ts'
import { type CredentialWriter, superseded } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { callPlugin } from './plugin-call.ts'
import { Settlement } from './settlement.ts'
import type { Lease } from './storage/leases.ts'
import type { TokenKey } from './token-key.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** What one flight is to bring back. */
export interface RefreshRequest {
  readonly key: TokenKey
  readonly options: Readonly<Record<string, unknown>>
  readonly interactive: boolean
  /** `'notify'`: raise one attention event when only the person can go on. */
  readonly notify: boolean
  /** Called when the plugin begins to ask the person. */
  readonly onAsking?: () => void
}

/** What was about to be done when its process died; kept in the lease. Holds fingerprints, never secrets. */
interface Intent {
  readonly credential: string
  readonly generation: number
  readonly startedAt: number
}

/** What is stored, as it was read last. */
interface Stored {
  record: AccountRecord
  credential: Credential
  generation: number
  fingerprint: string
}

/** State of one attempt, from reading the credential under the lease to the last durable change. */
interface Attempt extends Stored {
  /** Whether an answer replaced the credential. */
  isRotated: boolean
  /** Whether the authenticator thinks that somebody else used the credential. */
  isReuseSuspected: boolean
}

/**
 * The refresh transaction (docs/requirements.md), steps 5 to 11, under the lease of the account.
 *
 * 1. Read the credential again; decide whether an earlier owner died with it on the way (the intent).
 * 2. Write the intent, durably.
 * 3. Ask the authenticator. It hands over a rotated credential through `replaceCredential`, which is durable before
 *    anything else of the answer is looked at.
 * 4. Lost answer: ask once more at once with the same credential. `invalid_grant`: believe it only after reading
 *    the store again, because a program that takes no lease may have rotated it.
 * 5. Validate and store the token, settle the state, clear the intent and give the lease back: one transaction.
 */
export class Refresh {
  readonly #engine: Engine
  readonly #credentials: CredentialWriter
  readonly #settlement: Settlement

  constructor(engine: Engine, credentials: CredentialWriter) {
    this.#engine = engine
    this.#credentials = credentials
    this.#settlement = new Settlement(engine)
  }

  async run(
    lease: Lease,
    record: AccountRecord,
    authenticator: Authenticator,
    request: RefreshRequest,
  ): Promise<AuthToken> {
    const attempt: Attempt = { ...this.#read(record), isRotated: false, isReuseSuspected: false }
    const doubtful = record.doubtful === attempt.fingerprint || this.#diedWith(lease, attempt.fingerprint)
    await this.#writeIntent(lease, attempt, doubtful)
    try {
      const issued = await this.#ask(lease, attempt, authenticator, request, doubtful)
      return await this.#settlement.succeed(
        lease,
        attempt,
        request.key,
        checkedIssuedToken(issued, record.account.type),
      )
    } catch (error) {
      if (isSuperseded(error)) {
        this.#disown(attempt, authenticator)
        throw error
      }
      const failure = asAccountError(error)
      const isAlarm = attempt.isReuseSuspected && failure.reason === 'revoked_or_reused'
      throw await this.#settlement.fail(lease, attempt, failure, { notify: request.notify || isAlarm })
    }
  }

  /**
   * What was received and saved before the person changed the account lives on at the service, and nobody has it. Not
   * waited for: the lease is needed for the new credential. Where the account is gone, its removal saw to it.
   */
  #disown({ record, credential, isRotated }: Attempt, authenticator: Authenticator): void {
    const { account } = record
    const discard = authenticator.discard?.bind(authenticator)
    if (!isRotated || discard === undefined || this.#engine.records.get(account.id) === undefined) return
    callPlugin(this.#engine, {
      type: account.type,
      account,
      what: `ending a credential of ${account.name} that was replaced`,
      timeoutMs: this.#engine.timeouts.authenticatorMs,
      interactive: false,
      isWaitedFor: true,
      run: async (base) =>
        await discard(account, { ...base, credential, replaceCredential: () => Promise.resolve({ durable: true }) }),
    }).catch(() => this.#engine.log.warn('revocation.refused', { type: account.type, what: 'superseded' }))
  }

  #read(record: AccountRecord): Stored {
    const credential = this.#engine.vault.keyring.finishing(() => this.#credentials.read(record))
    return { record, credential, generation: record.generation, fingerprint: this.#fingerprint(credential) }
  }

  #fingerprint({ password }: Credential): string {
    const { vault } = this.#engine
    return password === undefined ? '' : vault.keyring.finishing(() => vault.fingerprint(password))
  }

  /** Whether the owner before died after its intent with this very credential: its answer, if any, is lost. */
  #diedWith(lease: Lease, fingerprint: string): boolean {
    if (lease.inheritedIntent === undefined || fingerprint === '') return false
    return (JSON.parse(lease.inheritedIntent) as Intent).credential === fingerprint
  }

  async #writeIntent(lease: Lease, attempt: Attempt, doubtful: boolean): Promise<void> {
    const { generation, fingerprint } = attempt
    const intent: Intent = { credential: fingerprint, generation, startedAt: this.#engine.clock.now() }
    const { vault } = this.#engine
    await vault.database.write(() => {
      // Before the service is asked: what it answers could not be saved.
      vault.checkInPlace()
      lease.setIntent(JSON.stringify(intent))
      if (doubtful) this.#engine.records.update(attempt.record.account.id, { doubtful: fingerprint })
    })
  }

  async #ask(
    lease: Lease,
    attempt: Attempt,
    authenticator: Authenticator,
    request: RefreshRequest,
    doubtfulBefore: boolean,
  ): Promise<IssuedToken> {
    let doubtful = doubtfulBefore
    let mayReplay = true
    let mayReadAgain = true
    for (;;) {
      const sent = attempt.fingerprint
      try {
        return await this.#callAuthenticator(attempt, authenticator, request)
      } catch (error) {
        if (!isAccountError(error) || isSuperseded(error)) throw error
        // The answer did arrive when the credential was replaced: what failed came after it.
        const isAnswered = attempt.fingerprint !== sent
        if (error.reason === 'ambiguous' && !isAnswered) {
          doubtful = true
          await this.#writeIntent(lease, attempt, true)
          if (!mayReplay) throw error
          mayReplay = false
          continue
        }
        if (error.code === 'ERR_AUTHENTICATOR_TIMEOUT' && !isAnswered) {
          // It may still be at it: asking again would send the same credential twice at once.
          await this.#writeIntent(lease, attempt, true)
          throw error
        }
        if (!isDeadGrant(error) || isAnswered) throw error
        if (mayReadAgain && this.#readAgain(attempt, sent)) {
          mayReadAgain = false
          doubtful = false
          attempt.isReuseSuspected = false
          await this.#writeIntent(lease, attempt, false)
          continue
        }
        throw doubtful ? lostResponse(error, attempt.record) : error
      }
    }
  }

  async #callAuthenticator(
    attempt: Attempt,
    authenticator: Authenticator,
    request: RefreshRequest,
  ): Promise<IssuedToken> {
    const { account } = attempt.record
    const { timeouts } = this.#engine
    return await callPlugin(this.#engine, {
      type: account.type,
      account,
      what: `getting a token for ${account.name}`,
      timeoutMs: request.interactive ? timeouts.interactionMs : timeouts.authenticatorMs,
      interactive: request.interactive,
      isWaitedFor: true,
      onAsking: request.onAsking,
      run: async (base) => {
        const context: CredentialContext = {
          ...base,
          credential: attempt.credential,
          replaceCredential: async (update) => {
            const replaced = await this.#credentials.replace(account, attempt.generation, update)
            attempt.isRotated ||= replaced.credential.password !== attempt.credential.password
            attempt.generation = replaced.generation
            attempt.credential = replaced.credential
            attempt.fingerprint = this.#fingerprint(replaced.credential)
            return { durable: replaced.durable }
          },
          suspectReuse: () => {
            attempt.isReuseSuspected = true
          },
        }
        return await authenticator.getAuthToken(
          { account, authTokenType: request.key.spec, options: request.options },
          context,
        )
      },
    })
  }

  /** @returns Whether the store holds another credential than the one that was refused. */
  #readAgain(attempt: Attempt, refused: string): boolean {
    const { account } = attempt.record
    const record = this.#engine.records.get(account.id)
    if (record === undefined) throw superseded(account, 'account_removed')
    Object.assign(attempt, this.#read(record))
    return attempt.fingerprint !== refused
  }
}

export function isSuperseded(error: unknown): boolean {
  return (
    isAccountError(error) &&
    error.code === 'ERR_ABORTED' &&
    (error.reason === 'superseded' || error.reason === 'account_removed')
  )
}

function isDeadGrant(error: AccountError): boolean {
  return (
    error.code === 'ERR_INTERACTION_REQUIRED' && (error.reason === 'revoked_or_reused' || error.reason === 'expired')
  )
}

function lostResponse(error: AccountError, { account }: AccountRecord): AccountError {
  return new AccountError(
    'ERR_INTERACTION_REQUIRED',
    `${account.name} (${account.type}) has to sign in again: the answer to its last renewal was lost, and the service takes the old one no more`,
    { reason: 'rotation_response_lost', account, cause: error },
  )
}

function asAccountError(error: unknown): AccountError {
  if (isAccountError(error)) return error
  return new AccountError('ERR_AUTHENTICATOR_FAILED', 'an unexpected error ended the refresh; tell the developer', {
    cause: error,
  })
}
