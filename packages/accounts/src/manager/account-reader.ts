import { type Account, type AccountInfo, type AccountRef, accountIdOf, checkedName } from '../account.ts'
import { accountInfo } from '../account-info.ts'
import type { AccountInfoFilter } from '../account-manager-types.ts'
import { checkInfoFilter } from '../arguments/account-arguments.ts'
import { checkedType, checkObject, checkText, checkTexts } from '../arguments/checks.ts'
import { checkNotAborted } from '../caller-signal.ts'
import type { Engine } from '../engine.ts'
import { AccountError } from '../errors.ts'
import type { Questions } from '../questions.ts'
import type { AccountRecord } from '../vault/account-records.ts'

/** Lists and finds accounts, from memory. */
export class AccountReader {
  readonly #engine: Engine
  readonly #questions: Questions

  constructor(engine: Engine, questions: Questions) {
    this.#engine = engine
    this.#questions = questions
  }

  async all(): Promise<Account[]> {
    this.#engine.attend()
    return this.#visible(this.#engine.index.all())
  }

  async ofType(accountType: string): Promise<Account[]> {
    const type = checkedType(accountType)
    this.#engine.attend()
    return this.#visible(this.#engine.index.ofType(type))
  }

  async ofTypeWithFeatures(
    accountType: string,
    features: readonly string[],
    options: { signal?: AbortSignal },
  ): Promise<Account[]> {
    const type = checkedType(accountType)
    checkFeatureQuestion(features, options)
    this.#engine.attend()
    const { index, sight, authenticators } = this.#engine
    const records = [...index.ofType(type)].filter((record) => sight.isVisible(record))
    return await this.#questions.withFeatures(records, authenticators.get(type), features, options.signal)
  }

  async hasFeatures(
    account: AccountRef,
    features: readonly string[],
    options: { signal?: AbortSignal },
  ): Promise<boolean> {
    accountIdOf(account)
    checkFeatureQuestion(features, options)
    this.#engine.attend()
    const record = this.#engine.require(account)
    const authenticator = this.#engine.authenticators.get(record.account.type)
    return await this.#questions.hasFeatures(record, authenticator, features, options.signal)
  }

  async byId(id: string): Promise<Account | undefined> {
    checkText(id, 'id')
    this.#engine.attend()
    return this.#engine.find(id)?.account
  }

  async byName(accountType: string, name: string): Promise<Account | undefined> {
    const wanted = checkedName(name, 'name')
    const type = checkedType(accountType)
    this.#engine.attend()
    const record = this.#engine.index.find(type, wanted)
    return record !== undefined && this.#engine.sight.isVisible(record) ? record.account : undefined
  }

  async previousNameOf(account: AccountRef): Promise<string | undefined> {
    accountIdOf(account)
    this.#engine.attend()
    return this.#engine.require(account).previousName
  }

  async info(account: AccountRef): Promise<AccountInfo> {
    accountIdOf(account)
    this.#engine.attend()
    return accountInfo(this.#engine, this.#engine.require(account))
  }

  async infos(filter: AccountInfoFilter): Promise<AccountInfo[]> {
    checkInfoFilter(filter)
    this.#engine.attend()
    const { index, sight } = this.#engine
    const { state, userData, limit = Number.POSITIVE_INFINITY, after } = filter
    const type = filter.type?.normalize('NFC')
    const infos: AccountInfo[] = []
    let isPast = after === undefined
    for (const record of type === undefined ? index.all() : index.ofType(type)) {
      if (isPast && infos.length >= limit) break
      const isWanted = isPast && sight.isVisible(record) && this.#hasUserData(record, userData)
      if (record.account.id === after) isPast = true
      if (!isWanted) continue
      const info = accountInfo(this.#engine, record)
      if (state === undefined || info.state === state) infos.push(info)
    }
    if (isPast) return infos
    // An empty page would look like the end of the list.
    throw new AccountError('ERR_ACCOUNT_NOT_FOUND', 'the account after which the page begins is gone; list again')
  }

  #visible(records: Iterable<AccountRecord>): Account[] {
    const accounts: Account[] = []
    for (const record of records) if (this.#engine.sight.isVisible(record)) accounts.push(record.account)
    return accounts
  }

  #hasUserData(record: AccountRecord, wanted: Readonly<Record<string, string>> | undefined): boolean {
    if (wanted === undefined) return true
    // Asking for one value after the other would read what only its owner may.
    if (!this.#engine.sight.isOwned(record)) return false
    const { userData } = this.#engine.records.readProfile(record.account.id)
    return Object.entries(wanted).every(([key, value]) => userData[key] === value)
  }
}

function checkFeatureQuestion(features: unknown, options: { signal?: AbortSignal }): void {
  checkTexts(features, 'features')
  checkObject(options, 'options')
  checkNotAborted(options.signal, 'asking for features')
}
