import { type Account, type AccountInfo, type AccountRef, accountIdOf, checkedName, kindOf } from './account.ts'
import { AccountEditor } from './account-editor.ts'
import { accountInfo } from './account-info.ts'
import type {
  AccountInfoFilter,
  AccountManagerEvents,
  AccountManagerOptions,
  AccountVisibility,
  AddAccountExplicitlyOptions,
  AddAccountOptions,
  ChooseAccountOptions,
  GetAuthTokenByFeaturesOptions,
  GetAuthTokenOptions,
  KeyProviderInfo,
  RemovalResult,
  ResolveAccountOptions,
  UpdateCredentialsOptions,
  VaultHealth,
} from './account-manager-types.ts'
import { AccountStore, explicitContent } from './account-store.ts'
import { tokenArgument } from './answers.ts'
import { AuthToken, type IssuedToken } from './auth-token.ts'
import type {
  Authenticator,
  AuthenticatorConfiguration,
  AuthenticatorDescription,
  AuthTokenTypeSpec,
} from './authenticator.ts'
import { AuthenticatorRecords } from './authenticator-records.ts'
import { checkNotAborted } from './caller-signal.ts'
import { Chooser } from './chooser.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { checkExplicitOptions, checkNewUserData, checkPassword, checkVisibility } from './explicit-options.ts'
import { type AuthTokenGrant, Grants } from './grants.ts'
import { vaultHealth } from './health.ts'
import { assertTrustedProcess } from './host-process.ts'
import type { KeyProvider } from './key-provider.ts'
import {
  checkAuthenticator,
  checkDuration,
  checkObject,
  checkOneOf,
  checkOptions,
  checkText,
} from './manager-options.ts'
import { type OpenedManager, openManager } from './open-manager.ts'
import { Questions } from './questions.ts'
import { Removal } from './removal.ts'
import { checkExportKey } from './sealed-export.ts'
import { type SessionOptions, type SessionStart, Sessions } from './sessions.ts'
import { SignIn, unsupported } from './sign-in.ts'
import { DEFAULT_MIN_VALIDITY_MS } from './token-cache.ts'
import { storedKeyOf, type TokenKey, tokenKeyOf } from './token-key.ts'
import { TokenSource } from './token-source.ts'
import { type ImportPlan, type ImportResult, Transfer } from './transfer.ts'
import type { AccountRecord } from './vault/account-records.ts'
import { recipientsOf } from './vault/key-providers.ts'
import { rotateDataKey } from './vault/rotation.ts'
import { Visibility } from './visibility.ts'

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
  readonly #editor: AccountEditor
  readonly #questions: Questions
  readonly #sessions: Sessions
  readonly #visibility: Visibility
  readonly #grants: Grants
  readonly #chooser: Chooser
  readonly #transfer: Transfer
  readonly #configurations: AuthenticatorRecords
  #closing: Promise<void> | undefined
  #remembering: Promise<void> | undefined

  private constructor(opened: OpenedManager) {
    this.#opened = opened
    this.#engine = opened.engine
    this.#tokens = new TokenSource(opened.engine, opened.ahead)
    this.#signIn = new SignIn(opened.engine, this.#tokens.credentials)
    this.#removal = new Removal(opened.engine)
    this.#store = new AccountStore(opened.engine)
    this.#editor = new AccountEditor(opened.engine)
    this.#questions = new Questions(opened.engine, this.#tokens.credentials)
    this.#sessions = new Sessions(opened.engine, this.#tokens.credentials, this.#signIn)
    this.#visibility = new Visibility(opened.engine)
    this.#grants = new Grants(opened.engine)
    this.#chooser = new Chooser(opened.engine, this.#visibility)
    this.#transfer = new Transfer(opened.engine, this.#tokens.credentials)
    this.#configurations = new AuthenticatorRecords(opened.engine)
  }

  /**
   * Opens the vault, making it when this is the first time. Resolves also when the vault stays locked: accounts are
   * then listed, and secrets are `ERR_VAULT_LOCKED` until {@link AccountManager.unlock}.
   *
   * @throws TypeError, RangeError for wrong options, before anything is touched.
   * @throws AccountError `ERR_VAULT_UNAVAILABLE` (no provider can keep a key, or the folder cannot be used),
   *   `ERR_VAULT_CORRUPT`, `ERR_VAULT_NEWER`, `ERR_UNSUPPORTED` (a network file system, or a page of Electron),
   *   `ERR_LOCK_TIMEOUT`.
   */
  static async open(options: AccountManagerOptions): Promise<AccountManager> {
    assertTrustedProcess()
    checkOptions(options)
    const manager = new AccountManager(await openManager(options))
    try {
      for (const authenticator of options.authenticators ?? []) manager.registerAuthenticator(authenticator)
      return manager
    } catch (error) {
      await manager.close()
      throw error
    }
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

  /**
   * Forgets the key and every token in memory; a keychain that locks later does not do that by itself. Nothing secret
   * is given out from now on; a rotated credential that is on its way is still saved.
   */
  lock(): void {
    this.#engine.checkOpen()
    if (!this.#engine.vault.keyring.isOpen) return
    const { keyring } = this.#engine.vault
    this.#engine.cache.clear()
    keyring.suspend()
    if (this.#tokens.isFlying) void this.#tokens.settled().then(() => this.#forgetKey())
    else keyring.forget()
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
    if (authenticator.configuration !== undefined) this.#rememberConfiguration(type, authenticator.configuration)
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

  /** The configurations of authenticators that are data, by type; secrets included, so handle them like passwords. */
  async getAuthenticatorConfigurations(): Promise<Map<string, AuthenticatorConfiguration>> {
    this.#look()
    return this.#configurations.all()
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

  /** @param features Opaque to the manager; none: the authenticator is not asked. */
  async getAccountsByTypeAndFeatures(
    type: string,
    features: readonly string[],
    options: { signal?: AbortSignal } = {},
  ): Promise<Account[]> {
    checkText(type, 'type')
    checkFeatures(features)
    checkNotAborted(options.signal, 'asking for features')
    this.#look()
    const records = [...this.#engine.index.ofType(type)].filter((record) => this.#engine.isVisible(record))
    return await this.#questions.withFeatures(records, this.#engine.authenticators.get(type), features, options.signal)
  }

  /** Whether the account has all of these features. */
  async hasFeatures(
    account: AccountRef,
    features: readonly string[],
    options: { signal?: AbortSignal } = {},
  ): Promise<boolean> {
    accountIdOf(account)
    checkFeatures(features)
    checkNotAborted(options.signal, 'asking for features')
    this.#look()
    const record = this.#engine.require(account)
    const authenticator = this.#engine.authenticators.get(record.account.type)
    return await this.#questions.hasFeatures(record, authenticator, features, options.signal)
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
    if (options.hint !== undefined) checkText(options.hint, 'hint')
    checkNotAborted(options.signal, 'resolving an account')
    const { hint, signal } = options
    const candidates = await this.getAccountsByType(type)
    const known = new Set(candidates.map(({ id }) => id))
    return await this.#chooser.resolve(candidates, {
      type,
      hint,
      signal,
      isInteractive: options.interaction === 'allow',
      preferred: this.#editor.getDefault(type),
      signIn: async () => {
        const addOptions = {
          ...(hint !== undefined && { name: hint }),
          ...(signal !== undefined && { signal }),
        }
        return await this.#signIn.addAccount(this.#authenticator(type), addOptions, () => this.#newAccount(type, known))
      },
    })
  }

  /**
   * Lets the person choose an account (Android's `newChooseAccountIntent`), also among those that this app does not
   * see yet; the chosen one becomes visible to it.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` when nobody can be asked, `ERR_INTERACTION_CANCELED`.
   */
  async chooseAccount(options: ChooseAccountOptions = {}): Promise<Account> {
    checkNotAborted(options.signal, 'choosing an account')
    this.#look()
    const { signal } = options
    return await this.#chooser.choose(
      options,
      async (type) => await this.addAccount(type, { ...(signal !== undefined && { signal }) }),
    )
  }

  async getDefaultAccount(type: string): Promise<Account | undefined> {
    checkText(type, 'type')
    this.#look()
    return this.#editor.getDefault(type)
  }

  async setDefaultAccount(type: string, account: AccountRef | undefined): Promise<void> {
    checkText(type, 'type')
    this.#look()
    const record = account === undefined ? undefined : this.#engine.require(account)
    if (record !== undefined && record.account.type !== type) {
      throw new TypeError(`account must be of type ${type}, received one of type ${record.account.type}`)
    }
    this.#engine.checkOwner(type, 'choose the default of')
    await this.#editor.setDefault(type, record?.account)
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
    return await this.#editor.rename(this.#owned(account, 'rename'), name)
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
    this.#owned(account, 'remove')
    return await this.#remove(record)
  }

  /** For OAuth: exactly the refresh token. */
  async getPassword(account: AccountRef): Promise<string | undefined> {
    return this.#tokens.credentials.read(this.#owned(account, 'read the password of')).password
  }

  /** Replaces the credential and drops every token; a refresh on the way is superseded. */
  async setPassword(account: AccountRef, password: string): Promise<void> {
    checkPassword(password, 'password')
    await this.#editor.changePassword(this.#owned(account, 'change the password of'), password)
  }

  async clearPassword(account: AccountRef): Promise<void> {
    await this.#editor.changePassword(this.#owned(account, 'clear the password of'), undefined)
  }

  async getUserData(account: AccountRef, key: string): Promise<string | undefined> {
    checkText(key, 'key')
    return this.#editor.getUserData(this.#owned(account, 'read the user data of'), key)
  }

  async setUserData(account: AccountRef, key: string, value: string | undefined): Promise<void> {
    checkNewUserData(key, value)
    await this.#editor.setUserData(this.#owned(account, 'change the user data of'), key, value)
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
    const authenticator = this.#authenticator(type)
    checkSignInOptions(options, authenticator)
    return await this.#signIn.addAccount(authenticator, options)
  }

  /** Signs in again. @throws AccountError `ERR_IDENTITY_MISMATCH` when somebody else did; nothing is changed then. */
  async updateCredentials(account: AccountRef, options: UpdateCredentialsOptions = {}): Promise<Account> {
    checkNotAborted(options.signal, 'signing in again')
    const record = this.#owned(account, 'update the credentials of')
    const authenticator = this.#authenticator(record.account.type)
    checkSignInOptions(options, authenticator)
    return await this.#signIn.updateCredentials(record, authenticator, options)
  }

  /**
   * Removes an account here, at once and also offline; its credential is revoked at the service when possible.
   *
   * @returns `'denied'` when the authenticator does not allow it (Android's `getAccountRemovalAllowed`).
   */
  async removeAccount(account: AccountRef, options: { signal?: AbortSignal } = {}): Promise<RemovalResult> {
    accountIdOf(account)
    checkNotAborted(options.signal, 'removing an account')
    this.#look()
    const record = this.#engine.find(account)
    if (record === undefined) return 'not-found'
    this.#owned(account, 'remove')
    if (!(await this.#mayRemove(record, options.signal))) return 'denied'
    return (await this.#remove(record)) ? 'removed' : 'not-found'
  }

  /**
   * Asks the person, or the service, whether the credential is still theirs; `true` is remembered as signing in.
   *
   * @throws AccountError `ERR_UNSUPPORTED` when the authenticator cannot.
   */
  async confirmCredentials(
    account: AccountRef,
    options: { password?: string; signal?: AbortSignal } = {},
  ): Promise<boolean> {
    if (options.password !== undefined) checkPassword(options.password, 'password')
    checkNotAborted(options.signal, 'confirming credentials')
    const record = this.#owned(account, 'confirm the credentials of')
    const authenticator = this.#authenticator(record.account.type)
    const ask = authenticator.confirmCredentials?.bind(authenticator)
    if (ask === undefined) throw unsupported(record.account.type, 'confirm the credentials of')
    const request = { account: record.account, password: options.password }
    const question = { what: `confirming ${record.account.name}`, interactive: true, signal: options.signal }
    const isConfirmed = await this.#questions.ask(record, question, async (context) => await ask(request, context))
    if (isConfirmed) await this.#editor.markAuthenticated(record)
    return isConfirmed
  }

  /** Opens the settings of an account type. @throws AccountError `ERR_UNSUPPORTED`. */
  async editProperties(
    type: string,
    options: { options?: Readonly<Record<string, unknown>>; signal?: AbortSignal } = {},
  ): Promise<void> {
    checkText(type, 'type')
    checkNotAborted(options.signal, 'editing properties')
    this.#engine.checkOpen()
    await this.#signIn.editProperties(this.#authenticator(type), options)
  }

  /**
   * Starts a sign-in that is finished later, perhaps by another process of this app: the flow of a server.
   *
   * @returns A sealed session, good once and until `expiresAt` (`timeouts.sessionMs`).
   */
  async startAddAccountSession(type: string, options: SessionOptions = {}): Promise<SessionStart> {
    checkText(type, 'type')
    checkNotAborted(options.signal, 'starting a sign-in')
    this.#look()
    const authenticator = this.#authenticator(type)
    checkSignInOptions(options, authenticator)
    return await this.#sessions.startAdd(authenticator, options)
  }

  async startUpdateCredentialsSession(account: AccountRef, options: SessionOptions = {}): Promise<SessionStart> {
    checkNotAborted(options.signal, 'starting a sign-in')
    const record = this.#owned(account, 'update the credentials of')
    const authenticator = this.#authenticator(record.account.type)
    checkSignInOptions(options, authenticator)
    return await this.#sessions.startUpdate(record, authenticator, options)
  }

  /**
   * Finishes a session with what the person brought back.
   *
   * @throws TypeError for an empty session or a URL that cannot be parsed.
   * @throws AccountError `ERR_SESSION_INVALID` when it is forged, expired, used, or of another app or type.
   */
  async finishSession(
    session: string,
    answer: { url?: URL | string } = {},
    options: { signal?: AbortSignal } = {},
  ): Promise<Account> {
    checkText(session, 'session')
    checkNotAborted(options.signal, 'finishing a sign-in')
    this.#look()
    return await this.#sessions.finish(session, checkedAnswer(answer), options.signal)
  }

  /** Whether the service would like the person to sign in again; `false` where the authenticator does not know. */
  async isCredentialsUpdateSuggested(
    account: AccountRef,
    statusToken: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<boolean> {
    checkText(statusToken, 'statusToken')
    checkNotAborted(options.signal, 'asking for a status')
    const record = this.#owned(account, 'ask for the status of')
    const authenticator = this.#authenticator(record.account.type)
    const ask = authenticator.isCredentialsUpdateSuggested?.bind(authenticator)
    if (ask === undefined) return false
    const request = { account: record.account, statusToken }
    const question = { what: `asking for the status of ${record.account.name}`, signal: options.signal }
    return await this.#questions.ask(record, question, async (context) => await ask(request, context))
  }

  /** The app saw the person sign in by itself; the account may be asked for tokens again. */
  async notifyAccountAuthenticated(account: AccountRef): Promise<void> {
    await this.#editor.markAuthenticated(this.#owned(account, 'report the sign-in of'))
  }

  /** Says whether another app may see the account. A courtesy between apps of one user, not a wall. */
  async setAccountVisibility(account: AccountRef, principalId: string, visibility: AccountVisibility): Promise<void> {
    checkText(principalId, 'principalId')
    checkVisibility(visibility)
    await this.#visibility.set(this.#owned(account, 'change who sees'), principalId, visibility)
  }

  /** The effective value: what was stored, else the default of strangers, `'user-managed-not-visible'`. */
  async getAccountVisibility(account: AccountRef, principalId: string): Promise<AccountVisibility> {
    checkText(principalId, 'principalId')
    return this.#visibility.of(this.#owned(account, 'ask who sees'), principalId)
  }

  /** Every account that this instance owns, with what `principalId` sees of it. */
  async getAccountsAndVisibilityForPrincipal(
    principalId: string,
    type?: string,
  ): Promise<Map<Account, AccountVisibility>> {
    checkText(principalId, 'principalId')
    this.#look()
    const records = type === undefined ? this.#engine.index.all() : this.#engine.index.ofType(type)
    const owned = [...records].filter(({ account }) => this.#engine.app.system || this.#engine.owns(account.type))
    return new Map(owned.map((record) => [record.account, this.#visibility.of(record, principalId)]))
  }

  /** Only what was set explicitly. */
  async getPrincipalsAndVisibilityForAccount(account: AccountRef): Promise<Map<string, AccountVisibility>> {
    return this.#visibility.storedFor(this.#owned(account, 'ask who sees').account)
  }

  /** Lets another app have tokens of this type. */
  async grantAuthToken(account: AccountRef, authTokenType: AuthTokenTypeSpec, principalId: string): Promise<void> {
    checkText(principalId, 'principalId')
    const record = this.#owned(account, 'grant tokens of')
    await this.#grants.set(record, this.#tokenKey(record, authTokenType, undefined).label, principalId, true)
  }

  /** Forgets a grant or a remembered denial: the person is asked again. */
  async revokeAuthTokenGrant(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    principalId: string,
  ): Promise<void> {
    checkText(principalId, 'principalId')
    const record = this.#owned(account, 'revoke grants of')
    await this.#grants.revoke(record, this.#tokenKey(record, authTokenType, undefined).label, principalId)
  }

  /** Grants and remembered denials. */
  async getAuthTokenGrants(account: AccountRef): Promise<AuthTokenGrant[]> {
    return this.#grants.of(this.#owned(account, 'list the grants of'))
  }

  /**
   * A token of the only account with these features; several: the person chooses; none: the person signs in.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` with `candidates` when nobody may be asked.
   */
  async getAuthTokenByFeatures(
    type: string,
    authTokenType: AuthTokenTypeSpec,
    features: readonly string[],
    options: GetAuthTokenByFeaturesOptions = {},
  ): Promise<AuthToken> {
    const { addAccountOptions, ...tokenOptions } = options
    checkText(type, 'type')
    const description = this.#engine.authenticators.get(type)?.description
    tokenKeyOf(authTokenType, options.options, description, this.#engine.app.id)
    const { signal } = options
    checkTokenOptions(options)
    const candidates = await this.getAccountsByTypeAndFeatures(type, features, {
      ...(signal !== undefined && { signal }),
    })
    const account = await this.#chooser.resolve(candidates, {
      type,
      hint: undefined,
      signal,
      isInteractive: options.interaction === 'allow',
      preferred: this.#editor.getDefault(type),
      signIn: async () =>
        await this.addAccount(type, {
          requiredFeatures: features,
          ...(typeof authTokenType === 'string' && { authTokenType }),
          ...(addAccountOptions !== undefined && { options: addAccountOptions }),
          ...(signal !== undefined && { signal }),
        }),
    })
    return await this.getAuthToken(account, authTokenType, tokenOptions)
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
    this.#look()
    const record = this.#engine.require(account)
    const key = this.#tokenKey(record, authTokenType, options.options)
    await this.#grants.check(record, key.label, options.interaction === 'allow', options.signal)
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
    accountIdOf(account)
    this.#look()
    const record = this.#engine.require(account)
    const key = this.#tokenKey(record, authTokenType, options.options)
    await this.#grants.check(record, key.label, false)
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
    const issued = tokenArgument(token, record.account.type)
    await this.#engine.commit((announce) => {
      const { attention } = this.#current(record.account)
      if (attention) this.#engine.records.update(record.account.id, { attention: 0 })
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

  /**
   * Lets one more provider open this vault.
   *
   * @throws AccountError `ERR_VAULT_LOCKED`, `ERR_VAULT_UNAVAILABLE` when it cannot keep a key.
   */
  async addKeyProvider(provider: KeyProvider): Promise<void> {
    this.#engine.checkOpen()
    for (const recipient of recipientsOf(provider)) await this.#engine.vault.keyring.add(recipient, {})
  }

  /** @returns Whether there was one. @throws AccountError `ERR_DENIED` for the last one. */
  async removeKeyProvider(id: string): Promise<boolean> {
    checkText(id, 'id')
    this.#engine.checkOpen()
    return await this.#engine.vault.keyring.remove(id)
  }

  /** The providers that can open this vault. */
  async getKeyProviders(): Promise<KeyProviderInfo[]> {
    this.#engine.checkOpen()
    const { slots, providers } = this.#engine.vault.keyring
    const given = new Set(providers.map((provider) => provider.id))
    return slots.map(({ provider, protection }) => ({ id: provider, protection, isGiven: given.has(provider) }))
  }

  /**
   * Encrypts everything with a new key, in one transaction: killed at any step, the vault opens with one of the two.
   *
   * @throws AccountError `ERR_VAULT_LOCKED`, `ERR_VAULT_UNAVAILABLE` when a provider is out of reach.
   */
  async rotateKey(): Promise<void> {
    this.#engine.checkOpen()
    await rotateDataKey(this.#engine.vault, {}, this.#engine.clock.now())
  }

  /**
   * The accounts that this app owns with their credentials, encrypted as a JWE (`dir`, A256GCM).
   *
   * @param options.key 32 bytes; keep it apart from the export. `options.accounts`: default all.
   */
  async export(options: { key: Uint8Array; accounts?: readonly AccountRef[] }): Promise<string> {
    checkExportKey(options?.key)
    this.#look()
    const records =
      options.accounts?.map((account) => this.#engine.requireOwned(account, 'export')) ??
      [...this.#engine.index.all()].filter((record) => this.#engine.isOwned(record))
    return this.#transfer.export(records, options.key)
  }

  /**
   * Reads what {@link AccountManager.export} wrote. All or nothing.
   *
   * @param options.ifExists Default `'keep'`. `'update'` replaces a credential only when the export's is newer.
   * @throws AccountError `ERR_IMPORT_INVALID`, `ERR_DENIED` for a type without authenticator here.
   */
  async import(jwe: string, options: { key: Uint8Array; ifExists?: 'keep' | 'update' }): Promise<ImportResult> {
    checkText(jwe, 'jwe')
    checkExportKey(options?.key)
    checkOneOf(options.ifExists, 'ifExists', ['keep', 'update'])
    this.#look()
    return await this.#transfer.import(jwe, options.key, options.ifExists ?? 'keep')
  }

  /**
   * What {@link AccountManager.import} would do with the same arguments, for showing it to a person first. Changes nothing.
   *
   * @throws AccountError `ERR_IMPORT_INVALID`, `ERR_DENIED` for a type without authenticator here.
   */
  async planImport(jwe: string, options: { key: Uint8Array; ifExists?: 'keep' | 'update' }): Promise<ImportPlan> {
    checkText(jwe, 'jwe')
    checkExportKey(options?.key)
    checkOneOf(options.ifExists, 'ifExists', ['keep', 'update'])
    this.#look()
    return this.#transfer.plan(jwe, options.key, options.ifExists ?? 'keep')
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
    this.#opened.ahead?.stop()
    await this.#tokens.settled()
    await this.#removal.stop()
    await this.#remembering
    await this.#tokens.credentials.saveUnsaved().catch(() => undefined)
    this.#tokens.credentials.stop()
    this.#opened.close()
  }

  /** Unless the person unlocked it again meanwhile. */
  #forgetKey(): void {
    const { keyring } = this.#engine.vault
    if (!keyring.isOpen) keyring.forget()
  }

  /** A hint for other programs; that it could not be written is no reason to fail. */
  #rememberConfiguration(type: string, configuration: AuthenticatorConfiguration): void {
    if (!this.#engine.vault.keyring.isOpen) return
    this.#remembering = this.#configurations.remember(type, configuration).catch((error: unknown) =>
      this.#engine.log.warn('configuration.not-saved', {
        type,
        error: isAccountError(error) ? error.code : 'unknown',
      }),
    )
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

  /** An account to which another process signed in meanwhile. */
  #newAccount(type: string, known: ReadonlySet<string>): Account | undefined {
    this.#engine.lookNow()
    return visibleAccounts(this.#engine, this.#engine.index.ofType(type)).find(({ id }) => !known.has(id))
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

  #hasUserData(record: AccountRecord, wanted: Readonly<Record<string, string>> | undefined): boolean {
    if (wanted === undefined) return true
    const { userData } = this.#engine.records.readProfile(record.account.id)
    return Object.entries(wanted).every(([key, value]) => userData[key] === value)
  }
}

function visibleAccounts(engine: Engine, records: Iterable<AccountRecord>): Account[] {
  const accounts: Account[] = []
  for (const record of records) if (engine.isVisible(record)) accounts.push(record.account)
  return accounts
}

/** Before the person goes through a browser for something that the authenticator does not know. */
function checkSignInOptions(
  options: { authTokenType?: string; requiredFeatures?: readonly string[]; options?: unknown },
  { description }: Authenticator,
): void {
  if (options.authTokenType !== undefined) {
    checkText(options.authTokenType, 'authTokenType')
    tokenKeyOf(options.authTokenType, undefined, description, '')
  }
  if (options.requiredFeatures !== undefined) checkFeatures(options.requiredFeatures)
  if (options.options !== undefined) checkObject(options.options, 'options')
}

function checkFeatures(features: unknown): void {
  if (Array.isArray(features) && features.every((feature) => typeof feature === 'string')) return
  throw new TypeError(`features must be an array of strings, received ${kindOf(features)}`)
}

function checkedAnswer(answer: { url?: URL | string }): { url?: URL } {
  if (typeof answer !== 'object' || answer === null)
    throw new TypeError(`answer must be an object, received ${kindOf(answer)}`)
  if (answer.url === undefined) return {}
  const url = answer.url instanceof URL ? answer.url : URL.parse(answer.url)
  if (url === null) throw new TypeError('answer.url must be the whole URL to which the service sent the person back')
  return { url }
}

function checkTokenOptions(options: GetAuthTokenOptions): void {
  checkOneOf(options.interaction, 'interaction', ['never', 'notify', 'allow'])
  checkDuration(options.minValidityMs, 'minValidityMs')
  checkNotAborted(options.signal, 'getting a token')
}
