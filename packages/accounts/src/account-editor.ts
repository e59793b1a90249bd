import type { Account } from './account.ts'
import { AccountStore } from './account-store.ts'
import { MAX_PROFILE_LENGTH } from './answer-reading.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import { RECOVERED } from './settlement.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** Changes to an account that need no authenticator. Rights and arguments were checked before. */
export class AccountEditor {
  readonly #engine: Engine
  readonly #store: AccountStore

  constructor(engine: Engine) {
    this.#engine = engine
    this.#store = new AccountStore(engine)
  }

  /** @throws AccountError `ERR_ACCOUNT_EXISTS`. */
  async rename({ account: before }: AccountRecord, name: string): Promise<Account> {
    if (before.name === name) return before
    return await this.#engine.commit((announce) => {
      const record = this.#engine.current(before)
      const namesake = this.#engine.records.findByName(before.type, name)
      if (namesake !== undefined) {
        throw new AccountError('ERR_ACCOUNT_EXISTS', `${name} (${before.type}) is here already`, {
          account: namesake.account,
        })
      }
      const login = record.login ?? record.account.name
      this.#engine.records.update(before.id, {
        name,
        previous_name: record.account.name,
        login: login === name ? null : login,
        attention: 0,
      })
      const renamed = Object.freeze({ id: before.id, type: before.type, name })
      announce({ event: 'account:renamed', account: renamed })
      return renamed
    })
  }

  /** Replaces the credential and drops every token. Sealed fields belong to the old credential and go with it. */
  async changePassword({ account }: AccountRecord, password: string | undefined): Promise<void> {
    await this.#engine.commit((announce) => {
      const record = this.#engine.current(account)
      this.#engine.records.writeCredential(account.id, { password, fields: {} })
      this.#engine.tokens.deleteAll(account.id)
      this.#store.markChanged(record, announce)
    })
  }

  getUserData({ account }: AccountRecord, key: string): string | undefined {
    const { userData } = this.#engine.records.readProfile(account.id)
    return Object.hasOwn(userData, key) ? userData[key] : undefined
  }

  async setUserData({ account }: AccountRecord, key: string, value: string | undefined): Promise<void> {
    await this.#engine.commit((announce) => {
      this.#engine.current(account)
      const profile = this.#engine.records.readProfile(account.id)
      const entries = Object.entries(profile.userData).filter(([known]) => known !== key)
      if (value !== undefined) entries.push([key, value])
      const length = entries.reduce((sum, [name, text]) => sum + name.length + text.length, 0)
      if (length > MAX_PROFILE_LENGTH) throw tooMuch(account, length)
      this.#engine.records.writeProfile(account.id, { ...profile, userData: Object.fromEntries(entries) })
      announce({ event: 'account:state', account })
    })
  }

  /** The person proved who they are: the account may be asked for tokens again. */
  async markAuthenticated({ account }: AccountRecord): Promise<void> {
    await this.#engine.commit((announce) => {
      const { state } = this.#engine.current(account)
      const lastAuthenticatedAt = Math.trunc(this.#engine.clock.now())
      this.#engine.records.update(account.id, { ...RECOVERED, last_authenticated_at: lastAuthenticatedAt })
      announce(state === 'ok' ? { event: 'account:state', account } : { event: 'account:recovered', account })
    })
  }

  getDefault(type: string): Account | undefined {
    const row = this.#engine.vault.database.prepare('SELECT account FROM default_account WHERE type = ?').get(type)
    return row === undefined ? undefined : this.#engine.find(String(row['account']))?.account
  }

  /** Changing nothing announces nothing. */
  async setDefault(type: string, account: Account | undefined): Promise<void> {
    const { database } = this.#engine.vault
    const previous = this.getDefault(type)
    if (previous?.id === account?.id) return
    await this.#engine.commit((announce) => {
      if (account !== undefined) this.#engine.current(account)
      if (account === undefined) database.prepare('DELETE FROM default_account WHERE type = ?').run(type)
      else database.prepare('INSERT OR REPLACE INTO default_account VALUES (?, ?)').run(type, account.id)
      const changed = account ?? previous
      if (changed !== undefined) announce({ event: 'account:default-changed', account: changed })
    })
  }
}

function tooMuch(account: Account, length: number): AccountError {
  const message = `the user data of ${account.name} has ${length} characters; at most ${MAX_PROFILE_LENGTH} are allowed`
  return new AccountError('ERR_LIMIT_EXCEEDED', message, { account })
}
