import type { Account } from './account.ts'
import { checkedNewAccount, checkedStart } from './answers.ts'
import type { Authenticator, CredentialContext, StartedSession } from './authenticator.ts'
import { nodeCrypto } from './builtin.ts'
import type { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { callPlugin } from './plugin-call.ts'
import { checkTokenTypes, type SignIn } from './sign-in.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** A sign-in that is started here and finished later, perhaps by another process of the same app. */
export interface SessionStart {
  /** Sealed; hand it to `finishSession` unchanged. */
  readonly session: string
  /** Where the person has to go, when the authenticator says so. */
  readonly url?: URL
  readonly statusToken?: string
  /**
   * The `state` that the answer must carry, when the authenticator says so. A session is good for one use: compare
   * before finishing it, where anybody can send an answer, as through a link that opens the app.
   */
  readonly state?: string
  readonly expiresAt: number
}

export interface SessionOptions {
  readonly redirectUri?: string
  readonly authTokenType?: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

/** For how long after its end a used session is remembered: a clock may be set back. */
const USED_KEPT_MS = 30 * 24 * 60 * 60_000

type Operation = 'add' | 'update'

/** What is sealed into a session. It binds the principal, the operation, the type and the account. */
interface SessionContent {
  readonly id: string
  readonly principal: string
  readonly operation: Operation
  readonly type: string
  readonly account?: string
  readonly expiresAt: number
  /** Absent: the authenticator starts nothing, and finishing asks it like `addAccount`. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly request: { readonly authTokenType?: string; readonly options: Readonly<Record<string, unknown>> }
}

/** Sessions: sealed, bound, with a time to live, and good for one use in all processes together. */
export class Sessions {
  readonly #engine: Engine
  readonly #credentials: CredentialWriter
  readonly #signIn: SignIn

  constructor(engine: Engine, credentials: CredentialWriter, signIn: SignIn) {
    this.#engine = engine
    this.#credentials = credentials
    this.#signIn = signIn
  }

  async startAdd(authenticator: Authenticator, options: SessionOptions): Promise<SessionStart> {
    const { type } = this.#engine.sight.describe(authenticator)
    void this.#engine.vault.keyring.dataKey
    const start = authenticator.startAddAccountSession?.bind(authenticator)
    const { redirectUri, authTokenType } = options
    const request = { redirectUri, authTokenType, options: options.options ?? {} }
    const started =
      start === undefined
        ? undefined
        : {
            answer: await this.#call(
              type,
              undefined,
              'starting a sign-in',
              options.signal,
              async (context) => await start(request, context),
            ),
          }
    return this.#sealed('add', type, undefined, started, options)
  }

  async startUpdate(
    record: AccountRecord,
    authenticator: Authenticator,
    options: SessionOptions,
  ): Promise<SessionStart> {
    const { account } = record
    const start = authenticator.startUpdateCredentialsSession?.bind(authenticator)
    const { redirectUri, authTokenType } = options
    const request = { account, redirectUri, authTokenType, options: options.options ?? {} }
    const started =
      start === undefined
        ? undefined
        : {
            answer: await this.#call(account.type, account, 'starting a sign-in', options.signal, async (base) => {
              return await start(request, this.#credentials.contextFor(base, record))
            }),
          }
    return this.#sealed('update', account.type, account, started, options)
  }

  /** @throws AccountError `ERR_SESSION_INVALID` when it is forged, foreign, expired or used. */
  async finish(session: string, answer: { url?: URL }, signal?: AbortSignal): Promise<Account> {
    const content = this.#open(session)
    const authenticator = this.#engine.authenticators.get(content.type)
    if (authenticator === undefined) throw invalidSession('its authenticator is not registered here')
    const record = content.account === undefined ? undefined : this.#engine.records.get(content.account)
    if (content.account !== undefined && record === undefined) throw invalidSession('its account was removed')
    await this.#use(content)
    if (content.data === undefined) return await this.#finishWrapped(content, record, authenticator, signal)
    const finish = authenticator.finishSession?.bind(authenticator)
    if (finish === undefined) throw invalidSession('its authenticator cannot finish it')
    const request = { session: content.data, answer, account: record?.account }
    const fresh = await this.#call(
      content.type,
      record?.account,
      'finishing a sign-in',
      signal,
      async (context) => await finish(request, context),
    )
    const checked = checkTokenTypes(checkedNewAccount(fresh, content.type), this.#engine.sight.describe(authenticator))
    return await this.#signIn.store(content.type, record, checked)
  }

  async #finishWrapped(
    { request }: SessionContent,
    record: AccountRecord | undefined,
    authenticator: Authenticator,
    signal: AbortSignal | undefined,
  ): Promise<Account> {
    const options = { ...request, ...(signal !== undefined && { signal }) }
    return record === undefined
      ? await this.#signIn.addAccount(authenticator, options)
      : await this.#signIn.updateCredentials(record, authenticator, options)
  }

  #sealed(
    operation: Operation,
    type: string,
    account: Account | undefined,
    started: { readonly answer: StartedSession } | undefined,
    options: SessionOptions,
  ): SessionStart {
    const checked = started === undefined ? undefined : checkedStart(started.answer, type)
    const expiresAt = this.#engine.clock.now() + this.#engine.timeouts.sessionMs
    const content: SessionContent = {
      id: nodeCrypto().randomUUID(),
      principal: this.#engine.app.id,
      operation,
      type,
      expiresAt,
      ...(account !== undefined && { account: account.id }),
      ...(checked !== undefined && { data: checked.session }),
      request: {
        options: options.options ?? {},
        ...(options.authTokenType !== undefined && { authTokenType: options.authTokenType }),
      },
    }
    const sealed = this.#engine.vault.seal(this.#place(), content)
    return {
      session: Buffer.from(sealed).toString('base64url'),
      expiresAt,
      ...(checked?.url !== undefined && { url: checked.url }),
      ...(checked?.statusToken !== undefined && { statusToken: checked.statusToken }),
      ...(checked?.state !== undefined && { state: checked.state }),
    }
  }

  #open(session: string): SessionContent {
    let content: SessionContent
    try {
      content = this.#engine.vault.unseal(this.#place(), Buffer.from(session, 'base64url')) as SessionContent
    } catch (error) {
      if (isAccountError(error) && error.code !== 'ERR_VAULT_CORRUPT') throw error
      throw invalidSession('it was not made by this app, was changed, or the key of the vault was rotated since')
    }
    if (content.principal !== this.#engine.app.id) throw invalidSession('another app made it')
    if (this.#engine.clock.now() >= content.expiresAt) throw invalidSession('it has expired')
    return content
  }

  /** The principal is part of the place, so that another app's session does not even open. */
  #place(): { kind: 'session'; owner: string; field: string } {
    return { kind: 'session', owner: this.#engine.app.id, field: 'session' }
  }

  async #use({ id, expiresAt }: SessionContent): Promise<void> {
    const { database } = this.#engine.vault
    const isFirst = await database.write(() => {
      database.prepare('DELETE FROM used_session WHERE expires_at < ?').run(Math.trunc(this.#engine.clock.now()))
      const insert = database.prepare('INSERT OR IGNORE INTO used_session (id, expires_at) VALUES (?, ?)')
      return Number(insert.run(id, Math.trunc(expiresAt + USED_KEPT_MS)).changes) > 0
    })
    if (!isFirst) throw invalidSession('it was finished before')
  }

  async #call<T>(
    type: string,
    account: Account | undefined,
    what: string,
    signal: AbortSignal | undefined,
    run: (context: CredentialContext) => Promise<T>,
  ): Promise<T> {
    return await callPlugin(this.#engine, {
      type,
      account,
      what,
      timeoutMs: this.#engine.timeouts.authenticatorMs,
      interactive: false,
      signal,
      run: async (context) => await run(context as CredentialContext),
    })
  }
}

function invalidSession(why: string): AccountError {
  return new AccountError('ERR_SESSION_INVALID', `this sign-in session cannot be finished: ${why}. Start again`, {
    action: 'sign-in',
  })
}
