import type { Account } from './account.ts'
import type { AddAccountOptions, UpdateCredentialsOptions } from './account-manager-types.ts'
import { type AccountContent, AccountStore } from './account-store.ts'
import { checkedNewAccount } from './answers.ts'
import type { Authenticator, AuthenticatorDescription, NewAccount } from './authenticator.ts'
import type { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import { freeName } from './free-name.ts'
import { callPlugin } from './plugin-call.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** Who should sign in, when the caller has somebody in mind. */
export interface Expectation {
  /** Looked at while another process signs in to the same type: the account that this makes needless. */
  readonly isAnswered: () => Account | undefined
  readonly isExpected: (account: Account) => boolean
}

const ANYBODY: Expectation = { isAnswered: () => undefined, isExpected: () => true }

/** Adds accounts through their authenticator, and signs in again to existing ones. */
export class SignIn {
  readonly #engine: Engine
  readonly #credentials: CredentialWriter
  readonly #store: AccountStore

  constructor(engine: Engine, credentials: CredentialWriter) {
    this.#engine = engine
    this.#credentials = credentials
    this.#store = new AccountStore(engine)
  }

  /** @throws AccountError `ERR_IDENTITY_MISMATCH` when somebody else signed in than was expected; nothing is stored then. */
  async addAccount(
    authenticator: Authenticator,
    options: AddAccountOptions,
    expectation: Expectation = ANYBODY,
  ): Promise<Account> {
    const { type } = this.#engine.sight.describe(authenticator)
    // Before the person goes through a browser for nothing.
    void this.#engine.vault.keyring.dataKey
    return await this.#oneAtATime(`sign-in:${type}`, options.signal, expectation.isAnswered, async () => {
      const answer = await this.#askForNew(authenticator, options)
      const fresh = checkTokenTypes(checkedNewAccount(answer, type), this.#engine.sight.describe(authenticator))
      return await this.#storeNew(type, fresh, options.ifExists ?? 'update', expectation)
    })
  }

  async #askForNew(authenticator: Authenticator, options: AddAccountOptions): Promise<unknown> {
    const { type } = this.#engine.sight.describe(authenticator)
    return await callPlugin(this.#engine, {
      type,
      what: `signing in to ${type}`,
      timeoutMs: this.#engine.timeouts.interactionMs,
      interactive: true,
      signal: options.signal,
      run: (context) =>
        authenticator.addAccount(
          {
            name: options.name,
            authTokenType: options.authTokenType,
            requiredFeatures: [...(options.requiredFeatures ?? [])],
            options: options.options ?? {},
          },
          context,
        ),
    })
  }

  /** One interactive sign-in at a time, in all processes: ten of them would open ten tabs. */
  async #oneAtATime(
    resource: string,
    signal: AbortSignal | undefined,
    isAnswered: () => Account | undefined,
    task: () => Promise<Account>,
  ): Promise<Account> {
    const { vault, timeouts } = this.#engine
    const lease = await vault.leases.acquire(resource, {
      waitMs: timeouts.interactionMs,
      signal,
      isAnswered: () => isAnswered() !== undefined,
    })
    try {
      return isAnswered() ?? (await task())
    } finally {
      await lease?.release()
    }
  }

  /**
   * Signs in again. Who signed in must be who the account belongs to.
   *
   * @throws AccountError `ERR_IDENTITY_MISMATCH`; nothing is changed then.
   */
  async updateCredentials(
    record: AccountRecord,
    authenticator: Authenticator,
    options: UpdateCredentialsOptions,
  ): Promise<Account> {
    const { account, credentialRevision } = record
    if (authenticator.updateCredentials === undefined) throw unsupported(account.type, 'sign in again to')
    // Somebody signed in to it while this one waited for their turn.
    const isAnswered = () => {
      const current = this.#engine.records.get(account.id)
      return current !== undefined && current.credentialRevision !== credentialRevision ? current.account : undefined
    }
    return await this.#oneAtATime(`sign-in:${account.id}`, options.signal, isAnswered, async () => {
      const answer = await this.#askAgain(record, authenticator, options)
      const fresh = checkTokenTypes(checkedNewAccount(answer, account.type), this.#engine.sight.describe(authenticator))
      return await this.store(account.type, record, fresh)
    })
  }

  async #askAgain(
    record: AccountRecord,
    authenticator: Authenticator,
    options: UpdateCredentialsOptions,
  ): Promise<unknown> {
    const { account } = record
    return await callPlugin(this.#engine, {
      type: account.type,
      account,
      what: `signing in again to ${account.name}`,
      timeoutMs: this.#engine.timeouts.interactionMs,
      interactive: true,
      signal: options.signal,
      run: async (base) => {
        const context = this.#credentials.contextFor(base, record)
        const request = { account, authTokenType: options.authTokenType, options: options.options ?? {} }
        return await authenticator.updateCredentials?.(request, context)
      },
    })
  }

  /** Stores who signed in: as `record`, which must be the same person, or as whoever it is. */
  async store(type: string, record: AccountRecord | undefined, fresh: NewAccount): Promise<Account> {
    if (record === undefined) return await this.#storeNew(type, fresh, 'update', ANYBODY)
    const { account } = record
    return await this.#engine.commit((announce) => {
      const current = this.#engine.records.get(account.id)
      if (current === undefined) throw gone(account)
      checkSamePerson(current, fresh)
      return this.#store.update(current, contentOf(fresh), announce)
    })
  }

  /** @throws AccountError `ERR_UNSUPPORTED`. */
  async editProperties(
    authenticator: Authenticator,
    options: { options?: Readonly<Record<string, unknown>>; signal?: AbortSignal },
  ): Promise<void> {
    const { type } = this.#engine.sight.describe(authenticator)
    const edit = authenticator.editProperties?.bind(authenticator)
    if (edit === undefined) {
      throw new AccountError('ERR_UNSUPPORTED', `the authenticator of ${type} has no settings`, {
        action: 'contact-developer',
      })
    }
    await callPlugin(this.#engine, {
      type,
      what: `editing the settings of ${type}`,
      timeoutMs: this.#engine.timeouts.interactionMs,
      interactive: true,
      signal: options.signal,
      run: async (context) => await edit({ options: options.options ?? {} }, context),
    })
  }

  async #storeNew(
    type: string,
    fresh: NewAccount,
    ifExists: 'update' | 'error',
    { isExpected }: Expectation,
  ): Promise<Account> {
    const content = contentOf(fresh)
    return await this.#engine.commit((announce) => {
      const existing = this.#sameIdentity(type, fresh)
      if (existing !== undefined && !isExpected(existing.account)) throw somebodyElse(existing.account)
      if (existing === undefined) {
        const name = freeName(fresh, (candidate) => this.#engine.records.findByName(type, candidate) !== undefined)
        const account = { id: '', type, name }
        if (!isExpected(account)) throw somebodyElse(account)
        return this.#store.insert(type, name, content, announce)
      }
      if (ifExists === 'error') {
        throw new AccountError('ERR_ACCOUNT_EXISTS', `${existing.account.name} (${type}) is here already`, {
          account: existing.account,
        })
      }
      return this.#store.update(existing, content, announce)
    })
  }

  /** The account of the same person: by issuer and subject, or by name where either side has no identity yet. */
  #sameIdentity(type: string, fresh: NewAccount): AccountRecord | undefined {
    const { records } = this.#engine
    if (fresh.issuer !== undefined && fresh.subject !== undefined) {
      const known = records.findByIdentity(type, fresh.issuer, fresh.subject)
      if (known !== undefined) return known
    }
    const namesake = records.findByLogin(type, fresh.name)
    if (namesake === undefined || isOtherIssuer(namesake, fresh)) return undefined
    return namesake.subject === undefined || fresh.subject === undefined ? namesake : undefined
  }
}

/** @throws AccountError `ERR_INVALID_RESPONSE` for a token of a type that the authenticator does not declare. */
export function checkTokenTypes(fresh: NewAccount, { type, tokenTypes }: AuthenticatorDescription): NewAccount {
  const undeclared = Object.keys(fresh.tokens ?? {}).find(
    (name) => tokenTypes !== undefined && !Object.hasOwn(tokenTypes, name),
  )
  if (undeclared === undefined) return fresh
  throw new AccountError(
    'ERR_INVALID_RESPONSE',
    `the authenticator of ${type} answered a token of a type that it does not declare; tell its developer`,
    {
      action: 'contact-developer',
    },
  )
}

function contentOf(fresh: NewAccount): AccountContent {
  return { ...fresh, isAuthenticated: true }
}

function checkSamePerson(record: AccountRecord, fresh: NewAccount): void {
  const isOtherSubject = record.subject !== undefined && fresh.subject !== undefined && record.subject !== fresh.subject
  // An account that was added explicitly learns its identity now; a service without identities has only names.
  const isOtherName = fresh.subject === undefined && (record.login ?? record.account.name) !== fresh.name
  if (!isOtherSubject && !isOtherIssuer(record, fresh) && !isOtherName) return
  throw new AccountError(
    'ERR_IDENTITY_MISMATCH',
    `somebody else signed in instead of ${record.account.name} (${record.account.type}); nothing was changed. ` +
      'Sign in as that person, or add the other one as a new account',
    { account: record.account },
  )
}

function isOtherIssuer(record: AccountRecord, fresh: NewAccount): boolean {
  return record.issuer !== undefined && fresh.issuer !== undefined && record.issuer !== fresh.issuer
}

function somebodyElse({ name, type }: Account): AccountError {
  return new AccountError(
    'ERR_IDENTITY_MISMATCH',
    `${name} signed in to ${type}, which is not the account that the hint names; nothing was changed. ` +
      'Sign in as that person, or add the other one with addAccount',
  )
}

export function unsupported(type: string, what: string): AccountError {
  return new AccountError('ERR_UNSUPPORTED', `the authenticator of ${type} cannot ${what} an account`, {
    action: 'contact-developer',
  })
}

function gone(account: Account): AccountError {
  return new AccountError('ERR_ACCOUNT_NOT_FOUND', `${account.name} (${account.type}) was removed meanwhile`, {
    account,
  })
}
