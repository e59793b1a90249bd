import { type Account, type AccountInfo, type AccountRef, accountIdOf, checkedName, kindOf } from './account.ts'
import { accountInfo } from './account-info.ts'
import type {
  AccountInfoFilter,
  AccountManagerEvents,
  AccountManagerOptions,
  AddAccountExplicitlyOptions,
  AddAccountOptions,
  GetAuthTokenOptions,
  RemovalResult,
  ResolveAccountOptions,
  UpdateCredentialsOptions,
  VaultHealth,
} from './account-manager-types.ts'
import { AccountStore, explicitContent } from './account-store.ts'
import { checkedIssuedToken } from './answers.ts'
import { AuthToken, type IssuedToken } from './auth-token.ts'
import type { Authenticator, AuthenticatorDescription, AuthTokenTypeSpec } from './authenticator.ts'
import { checkNotAborted } from './caller-signal.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { checkExplicitOptions, checkNewUserData, checkPassword } from './explicit-options.ts'
import { vaultHealth } from './health.ts'
import { checkAuthenticator, checkDuration, checkOneOf, checkOptions, checkText } from './manager-options.ts'
import { type OpenedManager, openManager } from './open-manager.ts'
import { Removal } from './removal.ts'
import { resolveFrom } from './resolve-account.ts'
import { SignIn } from './sign-in.ts'
import { DEFAULT_MIN_VALIDITY_MS } from './token-cache.ts'
import { storedKeyOf, type TokenKey, tokenKeyOf } from './token-key.ts'
import { TokenSource } from './token-source.ts'
import type { AccountRecord } from './vault/account-records.ts'

/**
 * One place where a person's accounts and tokens live, shared safely by all processes that open the same vault
 * (Android's `AccountManager`).
 *
 * This class checks arguments and rights and hands over to the room that does the work.
 */
export class AccountManager implements AsyncDisposable {
  readonly #opened: OpenedManager
  readonly #engine: Engine
  readonly #tokens: TokenSource
  readonly #signIn: SignIn
  readonly #removal: Removal
  readonly #store: AccountStore
  #closing: Promise<void> | undefined

  private constructor(opened: OpenedManager) {
    this.#opened = opened
    this.#engine = opened.engine
    this.#tokens = new TokenSource(opened.engine)
    this.#signIn = new SignIn(opened.engine, this.#tokens.credentials)
    this.#removal = new Removal(opened.engine)
    this.#store = new AccountStore(opened.engine)
  }

  /**
   * Opens the vault, making it when this is the first time. Resolves also when the vault stays locked: accounts are
   * then listed, and secrets are `ERR_VAULT_LOCKED` until {@link AccountManager.unlock}.
   *
   * @throws TypeError, RangeError for wrong options, before anything is touched.
   * @throws AccountError `ERR_VAULT_UNAVAILABLE` (no provider can keep a key, or the folder cannot be used),
   *   `ERR_VAULT_CORRUPT`, `ERR_VAULT_NEWER`, `ERR_UNSUPPORTED` (a network file system), `ERR_LOCK_TIMEOUT`.
   */
  static async open(options: AccountManagerOptions): Promise<AccountManager> {
    checkOptions(options)
    const manager = new AccountManager(await openManager(options))
    for (const authenticator of options.authenticators ?? []) manager.registerAuthenticator(authenticator)
    return manager
  }

  /** The principal on whose behalf this instance acts. */
  get app(): { readonly id: string; readonly name?: string } {
    return this.#opened.app
  }

  /** The folder of the vault. */
  get directory(): string {
    return this.#engine.vault.files.directory
  }

  /** Ends this instance: waits for flights in progress, so that no rotated credential is lost. Again does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Asks the key providers again.
   *
   * @param options.interaction Whether the keychain may prompt. Default `'allow'`: calling this is the person's wish.
   * @returns Whether the vault is unlocked now.
   */
  async unlock(options: { interaction?: 'never' | 'allow'; signal?: AbortSignal } = {}): Promise<boolean> {
    this.#engine.checkOpen()
    checkOneOf(options.interaction, 'interaction', ['never', 'allow'])
    checkNotAborted(options.signal, 'unlocking')
    const wasOpen = this.#engine.vault.keyring.isOpen
    const isOpen = await this.#engine.vault.unlock({
      interaction: options.interaction ?? 'allow',
      ...(options.signal !== undefined && { signal: options.signal }),
    })
    if (isOpen && !wasOpen) this.#opened.announceVault('vault:unlocked')
    return isOpen
  }

  /** Forgets the key and every token in memory. The keychain that locks later does not do that by itself. */
  lock(): void {
    this.#engine.checkOpen()
    if (!this.#engine.vault.keyring.isOpen) return
    this.#engine.vault.keyring.forget()
    this.#engine.cache.clear()
    this.#opened.announceVault('vault:locked')
  }

  /** @throws AccountError `ERR_AUTHENTICATOR_EXISTS` when the type has one in this process. */
  registerAuthenticator(authenticator: Authenticator): void {
    this.#engine.checkOpen()
    checkAuthenticator(authenticator)
    const { type } = authenticator.description
    if (this.#engine.authenticators.has(type)) {
      throw new AccountError('ERR_AUTHENTICATOR_EXISTS', `an authenticator for ${type} is registered already`)
    }
    this.#engine.authenticators.set(checkedName(type, 'authenticator.description.type'), authenticator)
    if (authenticator.revoke !== undefined) void this.#removal.sendRevocations()
  }

  /** Its accounts become `orphaned` in this process; nothing is deleted. */
  unregisterAuthenticator(type: string): void {
    this.#engine.checkOpen()
    checkText(type, 'type')
    this.#engine.authenticators.delete(type)
  }

  getAuthenticatorTypes(): AuthenticatorDescription[] {
    this.#engine.checkOpen()
    return [...this.#engine.authenticators.values()].map((authenticator) => authenticator.description)
  }

  /** Every account that this app may see, oldest first; from memory. */
  async getAccounts(): Promise<Account[]> {
    this.#look()
    return visibleAccounts(this.#engine, this.#engine.index.all())
  }

  /** The accounts of one type; an unknown type has none. */
  async getAccountsByType(type: string): Promise<Account[]> {
    checkText(type, 'type')
    this.#look()
    return visibleAccounts(this.#engine, this.#engine.index.ofType(type))
  }

  async getAccount(id: string): Promise<Account | undefined> {
    checkText(id, 'id')
    this.#look()
    return this.#engine.find(id)?.account
  }

  async findAccount(type: string, name: string): Promise<Account | undefined> {
    const wanted = checkedName(name, 'name')
    checkText(type, 'type')
    this.#look()
    const record = this.#engine.index.find(type, wanted)
    return record !== undefined && this.#engine.isVisible(record) ? record.account : undefined
  }

  /** @throws AccountError `ERR_ACCOUNT_NOT_FOUND`. */
  async getAccountInfo(account: AccountRef): Promise<AccountInfo> {
    accountIdOf(account)
    this.#look()
    return accountInfo(this.#engine, this.#engine.require(account))
  }

  /** @param filter.limit Default: all. `filter.after` is the id of the last account of the page before. */
  async getAccountInfos(filter: AccountInfoFilter = {}): Promise<AccountInfo[]> {
    checkDuration(filter.limit, 'limit')
    this.#look()
    const source = filter.type === undefined ? this.#engine.index.all() : this.#engine.index.ofType(filter.type)
    const infos: AccountInfo[] = []
    let isPast = filter.after === undefined
    for (const record of source) {
      if (infos.length >= (filter.limit ?? Number.POSITIVE_INFINITY)) break
      const isWanted = isPast && this.#engine.isVisible(record) && this.#hasUserData(record, filter.userData)
      if (record.account.id === filter.after) isPast = true
      if (!isWanted) continue
      const info = accountInfo(this.#engine, record)
      if (filter.state === undefined || info.state === filter.state) infos.push(info)
    }
    return infos
  }

  /**
   * The account that is meant: by hint, else the default, else the only one, else chosen or signed in to when that
   * is allowed.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` with `candidates` when only the person can say.
   */
  async resolveAccount(type: string, options: ResolveAccountOptions = {}): Promise<Account> {
    checkText(type, 'type')
    checkOneOf(options.interaction, 'interaction', ['never', 'allow'])
    checkNotAborted(options.signal, 'resolving an account')
    const candidates = await this.getAccountsByType(type)
    const preferred = await this.getDefaultAccount(type)
    const resolution = resolveFrom(candidates, options.hint, preferred?.id)
    if (resolution.kind === 'found') return resolution.account
    const isAllowed = options.interaction === 'allow'
    if (isAllowed && resolution.reason === 'several_accounts') {
      const chosen = await this.#choose(resolution.candidates, options.signal)
      if (chosen !== undefined) return chosen
    }
    if (isAllowed && resolution.reason === 'no_account') {
      return await this.addAccount(type, {
        ...(options.hint !== undefined && { name: options.hint }),
        ...(options.signal !== undefined && { signal: options.signal }),
      })
    }
    throw new AccountError('ERR_INTERACTION_REQUIRED', unresolved(type, resolution.reason, options.hint), {
      reason: resolution.reason,
      action: resolution.reason === 'no_account' ? 'sign-in' : 'choose-account',
      candidates: resolution.candidates,
    })
  }

  async getDefaultAccount(type: string): Promise<Account | undefined> {
    checkText(type, 'type')
    this.#look()
    const row = this.#engine.vault.database.prepare('SELECT account FROM default_account WHERE type = ?').get(type)
    return row === undefined ? undefined : this.#engine.find(String(row['account']))?.account
  }

  async setDefaultAccount(type: string, account: AccountRef | undefined): Promise<void> {
    checkText(type, 'type')
    this.#look()
    const { database } = this.#engine.vault
    const previous = await this.getDefaultAccount(type)
    const record = account === undefined ? undefined : this.#engine.require(account)
    if (record !== undefined && record.account.type !== type) {
      throw new TypeError(`account must be of type ${type}, received one of type ${record.account.type}`)
    }
    this.#engine.checkOwner(type, 'choose the default of')
    if (previous?.id === record?.account.id) return
    await this.#engine.commit((announce) => {
      if (record === undefined) database.prepare('DELETE FROM default_account WHERE type = ?').run(type)
      else database.prepare('INSERT OR REPLACE INTO default_account VALUES (?, ?)').run(type, record.account.id)
      const changed = record?.account ?? previous
      if (changed !== undefined) announce({ event: 'account:default-changed', account: changed })
    })
  }

  /**
   * Adds an account without asking anybody, for instance one whose credential the app already has.
   *
   * @param options.password The long-lived credential; for OAuth the refresh token.
   * @throws AccountError `ERR_ACCOUNT_EXISTS`, `ERR_DENIED`, `ERR_LIMIT_EXCEEDED`, `ERR_VAULT_LOCKED`.
   */
  async addAccountExplicitly(
    account: { type: string; name: string },
    options: AddAccountExplicitlyOptions = {},
  ): Promise<Account> {
    if (typeof account !== 'object' || account === null) {
      throw new TypeError(`account must be { type, name }, received ${kindOf(account)}`)
    }
    const type = checkedName(account.type, 'account.type')
    const name = checkedName(account.name, 'account.name')
    checkExplicitOptions(options)
    this.#look()
    this.#engine.checkOwner(type, 'add')
    const content = explicitContent(options, type)
    const existing = this.#engine.records.findByName(type, name)
    if (existing !== undefined && options.ifExists === 'keep') return existing.account
    return await this.#engine.commit((announce) => {
      const current = this.#engine.records.findByName(type, name)
      if (current === undefined) return this.#store.insert(type, name, content, announce)
      if (options.ifExists === 'update') return this.#store.update(current, content, announce)
      if (options.ifExists === 'keep') return current.account
      throw new AccountError(
        'ERR_ACCOUNT_EXISTS',
        `${name} (${type}) is here already; use ifExists to update or keep it`,
        {
          account: current.account,
        },
      )
    })
  }

  /** Renames an account; its id, credential and settings stay. @throws AccountError `ERR_ACCOUNT_EXISTS`. */
  async renameAccount(account: AccountRef, newName: string): Promise<Account> {
    const name = checkedName(newName, 'newName')
    const { account: before } = this.#owned(account, 'rename')
    if (before.name === name) return before
    return await this.#engine.commit((announce) => {
      const record = this.#current(before)
      const namesake = this.#engine.records.findByName(before.type, name)
      if (namesake !== undefined) {
        throw new AccountError('ERR_ACCOUNT_EXISTS', `${name} (${before.type}) is here already`, {
          account: namesake.account,
        })
      }
      this.#engine.records.update(before.id, { name, previous_name: record.account.name })
      const renamed = Object.freeze({ id: before.id, type: before.type, name })
      announce({ event: 'account:renamed', account: renamed })
      return renamed
    })
  }

  async getPreviousName(account: AccountRef): Promise<string | undefined> {
    accountIdOf(account)
    this.#look()
    return this.#engine.require(account).previousName
  }

  /** @returns `false`: there was none. */
  async removeAccountExplicitly(account: AccountRef): Promise<boolean> {
    accountIdOf(account)
    this.#look()
    const record = this.#engine.find(account)
    if (record === undefined) return false
    this.#engine.checkOwner(record.account.type, 'remove')
    const removed = await this.#removal.remove(record)
    void this.#removal.sendRevocations()
    return removed
  }

  /** For OAuth: exactly the refresh token. */
  async getPassword(account: AccountRef): Promise<string | undefined> {
    return this.#tokens.credentials.read(this.#owned(account, 'read the password of')).password
  }

  /** Replaces the credential and drops every token; a refresh on the way is superseded. */
  async setPassword(account: AccountRef, password: string): Promise<void> {
    checkPassword(password, 'password')
    await this.#changePassword(account, password)
  }

  async clearPassword(account: AccountRef): Promise<void> {
    await this.#changePassword(account, undefined)
  }

  async getUserData(account: AccountRef, key: string): Promise<string | undefined> {
    checkText(key, 'key')
    const { account: owned } = this.#owned(account, 'read the user data of')
    const { userData } = this.#engine.records.readProfile(owned.id)
    return Object.hasOwn(userData, key) ? userData[key] : undefined
  }

  async setUserData(account: AccountRef, key: string, value: string | undefined): Promise<void> {
    checkNewUserData(key, value)
    const { account: owned } = this.#owned(account, 'change the user data of')
    await this.#engine.commit((announce) => {
      this.#current(owned)
      const profile = this.#engine.records.readProfile(owned.id)
      const entries = Object.entries(profile.userData).filter(([known]) => known !== key)
      if (value !== undefined) entries.push([key, value])
      this.#engine.records.writeProfile(owned.id, { ...profile, userData: Object.fromEntries(entries) })
      announce({ event: 'account:state', account: owned })
    })
  }

  /**
   * Signs in to a new account. The same person again: the account is updated and returned.
   *
   * @throws AccountError `ERR_AUTHENTICATOR_NOT_FOUND`, `ERR_INTERACTION_*`, `ERR_DENIED`, `ERR_VAULT_LOCKED`.
   */
  async addAccount(type: string, options: AddAccountOptions = {}): Promise<Account> {
    checkText(type, 'type')
    checkOneOf(options.ifExists, 'ifExists', ['update', 'error'])
    if (options.name !== undefined) checkText(options.name, 'name')
    checkNotAborted(options.signal, 'signing in')
    this.#look()
    return await this.#signIn.addAccount(this.#authenticator(type), options)
  }

  /** Signs in again. @throws AccountError `ERR_IDENTITY_MISMATCH` when somebody else did; nothing is changed then. */
  async updateCredentials(account: AccountRef, options: UpdateCredentialsOptions = {}): Promise<Account> {
    checkNotAborted(options.signal, 'signing in again')
    const record = this.#owned(account, 'update the credentials of')
    return await this.#signIn.updateCredentials(record, this.#authenticator(record.account.type), options)
  }

  /** Removes an account here, at once and also offline; its credential is revoked at the service when possible. */
  async removeAccount(account: AccountRef, options: { signal?: AbortSignal } = {}): Promise<RemovalResult> {
    accountIdOf(account)
    checkNotAborted(options.signal, 'removing an account')
    this.#look()
    const record = this.#engine.find(account)
    if (record === undefined) return 'not-found'
    this.#engine.checkOwner(record.account.type, 'remove')
    const removed = await this.#removal.remove(record)
    void this.#removal.sendRevocations()
    return removed ? 'removed' : 'not-found'
  }

  /**
   * A token for `account`, renewed when it is missing or close to its end.
   *
   * Calls for one account share one renewal, also across processes; a rotated refresh token is durable before this
   * resolves. Do not keep the token: ask again before each request, and on a 401 call
   * {@link AccountManager.invalidateAuthToken} and ask once more.
   *
   * @throws TypeError for a token type that the authenticator does not declare.
   * @throws AccountError `ERR_ACCOUNT_NOT_FOUND`, `ERR_INTERACTION_REQUIRED`, `ERR_NETWORK`, `ERR_THROTTLED`,
   *   `ERR_SERVER`, `ERR_MISCONFIGURED`, `ERR_SCOPE_NOT_GRANTED`, `ERR_VAULT_LOCKED`, `ERR_LOCK_TIMEOUT`, `ERR_ABORTED`.
   */
  async getAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options: GetAuthTokenOptions = {},
  ): Promise<AuthToken> {
    this.#engine.checkOpen()
    this.#engine.look()
    const hit = this.#fromMemory(account, authTokenType, options)
    if (hit !== undefined) return hit
    checkTokenOptions(options)
    const record = this.#owned(account, 'get tokens of')
    const key = this.#tokenKey(record, authTokenType, options.options)
    const known =
      options.forceRefresh === true
        ? undefined
        : this.#tokens.fromMemory(record.account.id, key.canonical, options.minValidityMs)
    if (known !== undefined) return known
    const authenticator = this.#engine.authenticators.get(record.account.type)
    try {
      return await this.#tokens.get(record, key, authenticator, options)
    } catch (error) {
      if (options.interaction !== 'allow' || !isAccountError(error) || error.code !== 'ERR_INTERACTION_REQUIRED')
        throw error
      if (authenticator?.updateCredentials === undefined || this.#engine.interaction === undefined) throw error
      const again: UpdateCredentialsOptions = {
        ...(typeof authTokenType === 'string' && { authTokenType }),
        ...(options.signal !== undefined && { signal: options.signal }),
      }
      await this.#signIn.updateCredentials(this.#engine.require(record.account.id), authenticator, again)
      return await this.#tokens.get(this.#engine.require(record.account.id), key, authenticator, options)
    }
  }

  /** The token that is known, good or not so good but still valid; never the network, never the authenticator. */
  async peekAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options: { options?: Readonly<Record<string, unknown>> } = {},
  ): Promise<AuthToken | undefined> {
    const record = this.#owned(account, 'read tokens of')
    const key = this.#tokenKey(record, authTokenType, options.options)
    const known = this.#tokens.fromVault(record, key)?.token
    const isGone = known?.expiresAt !== undefined && this.#engine.clock.now() >= known.expiresAt
    return isGone ? undefined : known
  }

  /** Stores a token that came by another way. */
  async setAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    token: IssuedToken,
    options: { options?: Readonly<Record<string, unknown>> } = {},
  ): Promise<void> {
    const record = this.#owned(account, 'set tokens of')
    const key = this.#tokenKey(record, authTokenType, options.options)
    const issued = checkedArgument(token, record.account.type)
    await this.#engine.commit((announce) => {
      this.#current(record.account)
      this.#engine.tokens.put(record.account.id, storedKeyOf(key), {
        value: issued.value,
        authTokenType: key.label,
        scheme: issued.scheme ?? 'Bearer',
        expiresAt: issued.expiresAt,
        scopes: issued.scopes ?? [],
        obtainedAt: this.#engine.clock.now(),
      })
      announce({ event: 'token:refreshed', account: record.account })
    })
  }

  /** Deletes this very token, in every process; a newer one stays. Silent when it is gone already. */
  async invalidateAuthToken(token: AuthToken): Promise<void>
  async invalidateAuthToken(type: string, tokenValue: string): Promise<void>
  async invalidateAuthToken(tokenOrType: AuthToken | string, tokenValue?: string): Promise<void> {
    const isToken = tokenOrType instanceof AuthToken
    const type = isToken ? tokenOrType.account.type : tokenOrType
    const value = isToken ? tokenOrType.value : tokenValue
    checkText(type, 'type')
    checkText(value, 'tokenValue')
    this.#look()
    await this.#tokens.invalidate(type, value)
  }

  /**
   * The headers of one request with this token: `Authorization`, and a proof where the scheme needs one.
   *
   * Send them to an origin that the token is for, and to no other.
   */
  async authorizeRequest(
    token: AuthToken,
    request: { method: string; url: URL; nonce?: string },
  ): Promise<Record<string, string>> {
    if (!(token instanceof AuthToken)) throw new TypeError(`token must be an AuthToken, received ${kindOf(token)}`)
    const record = this.#owned(token.account, 'authorise requests of')
    return await this.#tokens.authorize(record, this.#engine.authenticators.get(record.account.type), token, request)
  }

  on<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    this.#engine.events.on(event, listener)
    return this
  }

  off<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    this.#engine.events.off(event, listener)
    return this
  }

  once<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    this.#engine.events.once(event, listener)
    return this
  }

  /** What guards the vault, whether it is locked, and what is wrong, each with its cure. */
  async health(): Promise<VaultHealth> {
    this.#look()
    return vaultHealth(this.#engine, this.#opened.providers)
  }

  /** Resolves when every change so far is durable and announced. @throws AccountError `ERR_STORAGE_WRITE`. */
  async flush(): Promise<void> {
    this.#engine.checkOpen()
    await this.#tokens.credentials.saveUnsaved()
    this.#engine.lookNow()
  }

  async #close(): Promise<void> {
    this.#engine.markClosed()
    await this.#tokens.settled()
    await this.#removal.settled()
    await this.#tokens.credentials.saveUnsaved().catch(() => undefined)
    this.#tokens.credentials.stop()
    this.#opened.close()
  }

  #look(): void {
    this.#engine.checkOpen()
    this.#engine.lookNow()
  }

  /** The way of most calls: a plain type, no options, a token in memory. */
  #fromMemory(account: AccountRef, type: AuthTokenTypeSpec, options: GetAuthTokenOptions): AuthToken | undefined {
    if (typeof type !== 'string' || options.forceRefresh === true || options.options !== undefined) return undefined
    if (options.signal !== undefined || options.interaction !== undefined) return undefined
    const id = typeof account === 'string' ? account : account?.id
    return this.#tokens.fromMemory(id, type, options.minValidityMs ?? DEFAULT_MIN_VALIDITY_MS)
  }

  #owned(account: AccountRef, what: string): AccountRecord {
    accountIdOf(account)
    this.#look()
    return this.#engine.requireOwned(account, what)
  }

  #current(account: Account): AccountRecord {
    const record = this.#engine.records.get(account.id)
    if (record !== undefined) return record
    throw new AccountError('ERR_ACCOUNT_NOT_FOUND', `${account.name} (${account.type}) was removed meanwhile`, {
      account,
    })
  }

  #tokenKey(record: AccountRecord, type: AuthTokenTypeSpec, options: unknown): TokenKey {
    const description = this.#engine.authenticators.get(record.account.type)?.description
    return tokenKeyOf(type, options, description, this.#engine.app.id)
  }

  #authenticator(type: string): Authenticator {
    const authenticator = this.#engine.authenticators.get(type)
    if (authenticator !== undefined) return authenticator
    throw new AccountError('ERR_AUTHENTICATOR_NOT_FOUND', `no authenticator is registered for ${type}; register one`, {
      action: 'contact-developer',
    })
  }

  async #changePassword(account: AccountRef, password: string | undefined): Promise<void> {
    const { account: owned } = this.#owned(account, 'change the password of')
    await this.#engine.commit((announce) => {
      const record = this.#current(owned)
      const { fields } = this.#engine.records.readCredential(owned.id)
      this.#engine.records.writeCredential(owned.id, { password, fields })
      this.#engine.tokens.deleteAll(owned.id)
      this.#store.markChanged(record, announce)
    })
  }

  #hasUserData(record: AccountRecord, wanted: Readonly<Record<string, string>> | undefined): boolean {
    if (wanted === undefined) return true
    const { userData } = this.#engine.records.readProfile(record.account.id)
    return Object.entries(wanted).every(([key, value]) => userData[key] === value)
  }

  async #choose(candidates: readonly Account[], signal: AbortSignal | undefined): Promise<Account | undefined> {
    const choose = this.#engine.interaction?.chooseAccount?.bind(this.#engine.interaction)
    if (choose === undefined) return undefined
    const chosen = await choose({ candidates, signal: signal ?? new AbortController().signal })
    const known = candidates.find((candidate) => candidate.id === chosen?.id)
    if (known !== undefined) return known
    throw new AccountError('ERR_INVALID_RESPONSE', 'the account that was chosen is none of those that were offered')
  }
}

function visibleAccounts(engine: Engine, records: Iterable<AccountRecord>): Account[] {
  const accounts: Account[] = []
  for (const record of records) if (engine.isVisible(record)) accounts.push(record.account)
  return accounts
}

function checkTokenOptions(options: GetAuthTokenOptions): void {
  checkOneOf(options.interaction, 'interaction', ['never', 'notify', 'allow'])
  checkDuration(options.minValidityMs, 'minValidityMs')
  checkNotAborted(options.signal, 'getting a token')
}

/** A token that the caller passes: mistakes in it are the caller's, not an authenticator's. */
function checkedArgument(token: unknown, type: string): IssuedToken {
  try {
    return checkedIssuedToken(token, type)
  } catch (error) {
    if (!isAccountError(error) || error.code !== 'ERR_INVALID_RESPONSE') throw error
    throw new TypeError(`token must be { value, expiresAt?, scheme?, scopes? }, received ${kindOf(token)}`)
  }
}

function unresolved(type: string, reason: 'no_account' | 'several_accounts', hint: string | undefined): string {
  if (hint !== undefined && reason === 'no_account') return `no account of ${type} fits the hint; choose one or sign in`
  return reason === 'no_account'
    ? `there is no account of ${type}; sign in first`
    : `there are several accounts of ${type}; choose one or set a default`
}
