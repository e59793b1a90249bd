import type { Account } from './account.ts'
import type { Authenticator, CredentialContext } from './authenticator.ts'
import type { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import { callPlugin } from './plugin-call.ts'
import type { AccountRecord } from './vault/account-records.ts'

export interface Question {
  readonly what: string
  readonly interactive?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Questions to an authenticator about one account, answered with yes or no. */
export class Questions {
  readonly #engine: Engine
  readonly #credentials: CredentialWriter

  constructor(engine: Engine, credentials: CredentialWriter) {
    this.#engine = engine
    this.#credentials = credentials
  }

  /**
   * @throws AccountError `ERR_INVALID_RESPONSE` when the answer is neither `true` nor `false`.
   */
  async ask(
    record: AccountRecord,
    question: Question,
    run: (context: CredentialContext) => Promise<boolean>,
  ): Promise<boolean> {
    const { account } = record
    const { timeouts } = this.#engine
    const interactive = question.interactive === true
    const answer: unknown = await callPlugin(this.#engine, {
      type: account.type,
      account,
      what: question.what,
      timeoutMs: interactive ? timeouts.interactionMs : timeouts.authenticatorMs,
      interactive,
      signal: question.signal,
      run: async (base) => await run(this.#credentials.contextFor(base, record)),
    })
    if (typeof answer === 'boolean') return answer
    throw new AccountError(
      'ERR_INVALID_RESPONSE',
      `the authenticator of ${account.type} answered no yes or no (${question.what})`,
      {
        account,
        action: 'contact-developer',
      },
    )
  }

  /** Whether the account has all features. None asked: yes, without asking the authenticator. */
  async hasFeatures(
    record: AccountRecord,
    authenticator: Authenticator | undefined,
    features: readonly string[],
    signal?: AbortSignal,
  ): Promise<boolean> {
    if (features.length === 0) return true
    const { account } = record
    const ask = authenticator?.hasFeatures?.bind(authenticator)
    if (ask === undefined) return false
    const what = `asking for the features of ${account.name}`
    return await this.ask(
      record,
      { what, signal },
      async (context) => await ask({ account, features: [...features] }, context),
    )
  }

  /** Asks for one account after the other: an authenticator may serve them over one connection. */
  async withFeatures(
    records: readonly AccountRecord[],
    authenticator: Authenticator | undefined,
    features: readonly string[],
    signal?: AbortSignal,
  ): Promise<Account[]> {
    const found: Account[] = []
    for (const record of records) {
      if (await this.hasFeatures(record, authenticator, features, signal)) found.push(record.account)
    }
    return found
  }
}
