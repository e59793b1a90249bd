import { type Account, type AccountRef, accountIdOf } from '../account.ts'
import type { AccountEditor } from '../account-editor.ts'
import type { AddAccountOptions, UpdateCredentialsOptions } from '../account-manager-types.ts'
import { checkPassword } from '../arguments/account-arguments.ts'
import { checkedType, checkObject, checkText } from '../arguments/checks.ts'
import { checkDeclared, checkedAnswer, checkSessionOptions, checkSignInOptions } from '../arguments/sign-in-options.ts'
import { checkNotAborted } from '../caller-signal.ts'
import type { Engine } from '../engine.ts'
import type { Questions } from '../questions.ts'
import type { SessionOptions, SessionStart, Sessions } from '../sessions.ts'
import { type SignIn, unsupported } from '../sign-in.ts'

/** Everything for which an authenticator talks with the person or the service about who somebody is. */
export class SignInDesk {
  readonly #engine: Engine
  readonly #signIn: SignIn
  readonly #sessions: Sessions
  readonly #questions: Questions
  readonly #editor: AccountEditor

  constructor(engine: Engine, signIn: SignIn, sessions: Sessions, questions: Questions, editor: AccountEditor) {
    this.#engine = engine
    this.#signIn = signIn
    this.#sessions = sessions
    this.#questions = questions
    this.#editor = editor
  }

  async add(accountType: string, options: AddAccountOptions): Promise<Account> {
    const type = checkedType(accountType)
    checkSignInOptions(options, 'signing in')
    this.#engine.attend()
    const authenticator = this.#engine.authenticatorOf(type)
    checkDeclared(options.authTokenType, this.#engine.sight.describe(authenticator))
    return await this.#signIn.addAccount(authenticator, options)
  }

  async update(account: AccountRef, options: UpdateCredentialsOptions): Promise<Account> {
    accountIdOf(account)
    checkSignInOptions(options, 'signing in again')
    const record = this.#engine.owned(account, 'update the credentials of')
    const authenticator = this.#engine.authenticatorOf(record.account.type)
    checkDeclared(options.authTokenType, this.#engine.sight.describe(authenticator))
    return await this.#signIn.updateCredentials(record, authenticator, options)
  }

  async confirm(account: AccountRef, options: { password?: string; signal?: AbortSignal }): Promise<boolean> {
    accountIdOf(account)
    checkObject(options, 'options')
    const { password, signal } = options
    if (password !== undefined) checkPassword(password, 'password')
    checkNotAborted(signal, 'confirming credentials')
    const record = this.#engine.owned(account, 'confirm the credentials of')
    const authenticator = this.#engine.authenticatorOf(record.account.type)
    const ask = authenticator.confirmCredentials?.bind(authenticator)
    if (ask === undefined) throw unsupported(record.account.type, 'confirm the credentials of')
    const request = { account: record.account, password }
    const question = { what: `confirming ${record.account.name}`, interactive: true, signal }
    const isConfirmed = await this.#questions.ask(record, question, async (context) => await ask(request, context))
    if (isConfirmed) await this.#editor.markAuthenticated(record)
    return isConfirmed
  }

  async editProperties(
    accountType: string,
    options: { options?: Readonly<Record<string, unknown>>; signal?: AbortSignal },
  ): Promise<void> {
    const type = checkedType(accountType)
    checkSignInOptions(options, 'editing properties')
    this.#engine.checkOpen()
    await this.#signIn.editProperties(this.#engine.authenticatorOf(type), options)
  }

  async startAdd(accountType: string, options: SessionOptions): Promise<SessionStart> {
    const type = checkedType(accountType)
    checkSessionOptions(options, 'starting a sign-in')
    this.#engine.attend()
    const authenticator = this.#engine.authenticatorOf(type)
    checkDeclared(options.authTokenType, this.#engine.sight.describe(authenticator))
    return await this.#sessions.startAdd(authenticator, options)
  }

  async startUpdate(account: AccountRef, options: SessionOptions): Promise<SessionStart> {
    accountIdOf(account)
    checkSessionOptions(options, 'starting a sign-in')
    const record = this.#engine.owned(account, 'update the credentials of')
    const authenticator = this.#engine.authenticatorOf(record.account.type)
    checkDeclared(options.authTokenType, this.#engine.sight.describe(authenticator))
    return await this.#sessions.startUpdate(record, authenticator, options)
  }

  async finish(session: string, answer: { url?: URL | string }, options: { signal?: AbortSignal }): Promise<Account> {
    checkText(session, 'session')
    const url = checkedAnswer(answer)
    checkObject(options, 'options')
    checkNotAborted(options.signal, 'finishing a sign-in')
    this.#engine.attend()
    return await this.#sessions.finish(session, url, options.signal)
  }

  async isUpdateSuggested(
    account: AccountRef,
    statusToken: string,
    options: { signal?: AbortSignal },
  ): Promise<boolean> {
    accountIdOf(account)
    checkText(statusToken, 'statusToken')
    checkObject(options, 'options')
    const { signal } = options
    checkNotAborted(signal, 'asking for a status')
    const record = this.#engine.owned(account, 'ask for the status of')
    const authenticator = this.#engine.authenticatorOf(record.account.type)
    const ask = authenticator.isCredentialsUpdateSuggested?.bind(authenticator)
    if (ask === undefined) return false
    const request = { account: record.account, statusToken }
    const question = { what: `asking for the status of ${record.account.name}`, signal }
    return await this.#questions.ask(record, question, async (context) => await ask(request, context))
  }

  async markAuthenticated(account: AccountRef): Promise<void> {
    await this.#editor.markAuthenticated(this.#engine.owned(account, 'report the sign-in of'))
  }
}
