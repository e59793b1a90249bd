import { type Account, type AccountRef, accountIdOf, checkedName } from '../account.ts'
import type { AccountEditor } from '../account-editor.ts'
import type { AddAccountExplicitlyOptions, RemovalResult } from '../account-manager-types.ts'
import { AccountStore, explicitContent } from '../account-store.ts'
import {
  checkExplicitOptions,
  checkedNewAccountArgument,
  checkNewUserData,
  checkPassword,
} from '../arguments/account-arguments.ts'
import { checkObject, checkText } from '../arguments/checks.ts'
import { checkNotAborted } from '../caller-signal.ts'
import type { CredentialWriter } from '../credential-writer.ts'
import type { Engine } from '../engine.ts'
import { AccountError, isAccountError } from '../errors.ts'
import type { Questions } from '../questions.ts'
import type { Removal } from '../removal.ts'
import type { AccountRecord } from '../vault/account-records.ts'

/** What the owner of an account may change without its authenticator, and removal. */
export class AccountWriter {
  readonly #engine: Engine
  readonly #editor: AccountEditor
  readonly #credentials: CredentialWriter
  readonly #removal: Removal
  readonly #questions: Questions
  readonly #store: AccountStore

  constructor(
    engine: Engine,
    editor: AccountEditor,
    credentials: CredentialWriter,
    removal: Removal,
    questions: Questions,
  ) {
    this.#engine = engine
    this.#editor = editor
    this.#credentials = credentials
    this.#removal = removal
    this.#questions = questions
    this.#store = new AccountStore(engine)
  }

  async add(account: { type: string; name: string }, options: AddAccountExplicitlyOptions): Promise<Account> {
    const { type, name } = checkedNewAccountArgument(account)
    checkExplicitOptions(options)
    this.#engine.checkOpen()
    const content = explicitContent(options, type, this.#engine.sight.descriptionOf(type))
    this.#engine.lookNow()
    this.#engine.checkOwner(type, 'add')
    const existing = this.#engine.records.findByName(type, name)
    if (existing !== undefined && options.ifExists === 'keep') return existing.account
    return await this.#engine.commit((announce) => {
      const current = this.#engine.records.findByName(type, name)
      if (current === undefined) return this.#store.insert(type, name, content, announce)
      if (options.ifExists === 'update') return this.#store.update(current, content, announce)
      if (options.ifExists === 'keep') return current.account
      const message = `${name} (${type}) is here already; use ifExists to update or keep it`
      throw new AccountError('ERR_ACCOUNT_EXISTS', message, { account: current.account })
    })
  }

  async rename(account: AccountRef, newName: string): Promise<Account> {
    const name = checkedName(newName, 'newName')
    return await this.#editor.rename(this.#engine.owned(account, 'rename'), name)
  }

  async removeExplicitly(account: AccountRef): Promise<boolean> {
    const record = this.#removable(account)
    return record === undefined ? false : await this.#remove(record)
  }

  async remove(account: AccountRef, options: { signal?: AbortSignal }): Promise<RemovalResult> {
    accountIdOf(account)
    checkObject(options, 'options')
    checkNotAborted(options.signal, 'removing an account')
    const record = this.#removable(account)
    if (record === undefined) return 'not-found'
    try {
      if (!(await this.#mayRemove(record, options.signal))) return 'denied'
    } catch (error) {
      // Somebody was faster, while the question was open.
      if (isAccountError(error) && error.reason === 'account_removed') return 'not-found'
      throw error
    }
    return (await this.#remove(record)) ? 'removed' : 'not-found'
  }

  async passwordOf(account: AccountRef): Promise<string | undefined> {
    return this.#credentials.read(this.#engine.owned(account, 'read the password of')).password
  }

  async setPassword(account: AccountRef, password: string): Promise<void> {
    checkPassword(password, 'password')
    await this.#editor.changePassword(this.#engine.owned(account, 'change the password of'), password)
  }

  async clearPassword(account: AccountRef): Promise<void> {
    await this.#editor.changePassword(this.#engine.owned(account, 'clear the password of'), undefined)
  }

  async userDataOf(account: AccountRef, key: string): Promise<string | undefined> {
    checkText(key, 'key')
    return this.#editor.getUserData(this.#engine.owned(account, 'read the user data of'), key)
  }

  async setUserData(account: AccountRef, key: string, value: string | undefined): Promise<void> {
    checkNewUserData(key, value)
    await this.#editor.setUserData(this.#engine.owned(account, 'change the user data of'), key, value)
  }

  #removable(account: AccountRef): AccountRecord | undefined {
    const id = accountIdOf(account)
    this.#engine.attend()
    return this.#engine.find(id) === undefined ? undefined : this.#engine.requireOwned(id, 'remove')
  }

  async #mayRemove(record: AccountRecord, signal: AbortSignal | undefined): Promise<boolean> {
    const authenticator = this.#engine.authenticators.get(record.account.type)
    const ask = authenticator?.getAccountRemovalAllowed?.bind(authenticator)
    if (ask === undefined || !this.#engine.vault.keyring.isOpen) return true
    const { account } = record
    const what = `asking whether ${account.name} may be removed`
    return await this.#questions.ask(
      record,
      { what, signal, interactive: true },
      async (context) => await ask({ account }, context),
    )
  }

  async #remove(record: AccountRecord): Promise<boolean> {
    const removed = await this.#removal.remove(record)
    void this.#removal.sendRevocations()
    return removed
  }
}
