import type { Account, AccountInfo, AccountRef } from './account.ts'
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
import type { AuthToken, IssuedToken } from './auth-token.ts'
import type {
  Authenticator,
  AuthenticatorConfiguration,
  AuthenticatorDescription,
  AuthTokenTypeSpec,
} from './authenticator.ts'
import type { AuthTokenGrant } from './grants.ts'
import type { KeyProvider } from './key-provider.ts'
import type { Rooms } from './manager/rooms.ts'
import type { SessionOptions, SessionStart } from './sessions.ts'
import type { ImportPlan, ImportResult } from './transfer.ts'

/**
 * One place where a person's accounts and tokens live, shared safely by all processes that open the same vault
 * (Android's `AccountManager`).
 *
 * This class is the list of what can be asked for; the rooms behind it check arguments and rights and do the work. Wrong
 * arguments are a `TypeError` or `RangeError` that names the option, before anything is changed.
 */
export class AccountManager implements AsyncDisposable {
  readonly #rooms: Rooms
  #closing: Promise<void> | undefined

  private constructor(rooms: Rooms) {
    this.#rooms = rooms
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
    // The engine is loaded with the first vault that is opened: importing the package must cost next to nothing.
    const { openRooms } = await import('./manager/open-rooms.ts')
    const manager = new AccountManager(await openRooms(options))
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
    return this.#rooms.opened.app
  }

  /** The folder of the vault. */
  get directory(): string {
    return this.#rooms.opened.engine.vault.files.directory
  }

  /** Ends this instance: waits for flights in progress, so that no rotated credential is lost. Again does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#rooms.close()
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
  unlock(options: { interaction?: 'never' | 'allow'; signal?: AbortSignal } = {}): Promise<boolean> {
    return this.#rooms.keys.unlock(options)
  }

  /**
   * Forgets the key and every token in memory; a keychain that locks later does not do that by itself. Nothing secret
   * is given out from now on; a rotated credential that is on its way is still saved.
   */
  lock(): void {
    this.#rooms.keys.lock()
  }

  /** @throws AccountError `ERR_AUTHENTICATOR_EXISTS` when the type has one in this process. */
  registerAuthenticator(authenticator: Authenticator): void {
    this.#rooms.registry.register(authenticator)
  }

  /** Its accounts become `orphaned` in this process; nothing is deleted. */
  unregisterAuthenticator(type: string): void {
    this.#rooms.registry.unregister(type)
  }

  /** What is registered in this process. */
  getAuthenticatorTypes(): AuthenticatorDescription[] {
    return this.#rooms.registry.descriptions()
  }

  /** The configurations of authenticators that are data, by type; secrets included, so handle them like passwords. */
  getAuthenticatorConfigurations(): Promise<Map<string, AuthenticatorConfiguration>> {
    return this.#rooms.registry.configurations()
  }

  /**
   * What tokens of this type are called in front of a person, in the words of the app that owns the account type; also
   * where its authenticator is not registered. `undefined`: it never said.
   */
  getAuthTokenLabel(type: string, authTokenType: string): Promise<string | undefined> {
    return this.#rooms.registry.labelOf(type, authTokenType)
  }

  /** Every account that this app may see, oldest first; from memory. */
  getAccounts(): Promise<Account[]> {
    return this.#rooms.reader.all()
  }

  /** The accounts of one type; an unknown type has none. */
  getAccountsByType(type: string): Promise<Account[]> {
    return this.#rooms.reader.ofType(type)
  }

  /** @param features Opaque to the manager; none: the authenticator is not asked. */
  getAccountsByTypeAndFeatures(
    type: string,
    features: readonly string[],
    options: { signal?: AbortSignal } = {},
  ): Promise<Account[]> {
    return this.#rooms.reader.ofTypeWithFeatures(type, features, options)
  }

  /** Whether the account has all of these features. */
  hasFeatures(
    account: AccountRef,
    features: readonly string[],
    options: { signal?: AbortSignal } = {},
  ): Promise<boolean> {
    return this.#rooms.reader.hasFeatures(account, features, options)
  }

  /** The account with this id, if this app may see it. */
  getAccount(id: string): Promise<Account | undefined> {
    return this.#rooms.reader.byId(id)
  }

  /** The account with exactly this name (in Unicode NFC), if this app may see it. */
  findAccount(type: string, name: string): Promise<Account | undefined> {
    return this.#rooms.reader.byName(type, name)
  }

  /** @throws AccountError `ERR_ACCOUNT_NOT_FOUND`. */
  getAccountInfo(account: AccountRef): Promise<AccountInfo> {
    return this.#rooms.reader.info(account)
  }

  /**
   * @param filter.limit Default: all. `filter.after` is the id of the last account of the page before, and
   *   `filter.userData` fits only accounts that this app owns.
   * @throws AccountError `ERR_ACCOUNT_NOT_FOUND` when the account of `filter.after` was removed: list again.
   */
  getAccountInfos(filter: AccountInfoFilter = {}): Promise<AccountInfo[]> {
    return this.#rooms.reader.infos(filter)
  }

  /**
   * The account that is meant: by hint, else the default, else the only one, else chosen or signed in to when that
   * is allowed.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` with `candidates` when only the person can say,
   *   `ERR_IDENTITY_MISMATCH` when somebody else signed in than the hint names; nothing is changed then.
   */
  resolveAccount(type: string, options: ResolveAccountOptions = {}): Promise<Account> {
    return this.#rooms.picker.resolve(type, options)
  }

  /**
   * Lets the person choose an account (Android's `newChooseAccountIntent`), also among those that this app does not
   * see yet; the chosen one becomes visible to it.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` when nobody can be asked, `ERR_INTERACTION_CANCELED`.
   */
  chooseAccount(options: ChooseAccountOptions = {}): Promise<Account> {
    return this.#rooms.picker.choose(options)
  }

  /** The account that is taken where none is named. */
  getDefaultAccount(type: string): Promise<Account | undefined> {
    return this.#rooms.picker.defaultOf(type)
  }

  /** @param account `undefined`: no default any more. @throws AccountError `ERR_DENIED` to who does not own the type. */
  setDefaultAccount(type: string, account: AccountRef | undefined): Promise<void> {
    return this.#rooms.picker.setDefault(type, account)
  }

  /**
   * Adds an account without asking anybody, for instance one whose credential the app already has.
   *
   * @param options.password The long-lived credential; for OAuth the refresh token.
   * @throws AccountError `ERR_ACCOUNT_EXISTS`, `ERR_DENIED`, `ERR_LIMIT_EXCEEDED`, `ERR_VAULT_LOCKED`.
   */
  addAccountExplicitly(
    account: { type: string; name: string },
    options: AddAccountExplicitlyOptions = {},
  ): Promise<Account> {
    return this.#rooms.writer.add(account, options)
  }

  /** Renames an account; its id, credential and settings stay. @throws AccountError `ERR_ACCOUNT_EXISTS`. */
  renameAccount(account: AccountRef, newName: string): Promise<Account> {
    return this.#rooms.writer.rename(account, newName)
  }

  /** The name before the last rename; only the last one is kept. */
  getPreviousName(account: AccountRef): Promise<string | undefined> {
    return this.#rooms.reader.previousNameOf(account)
  }

  /** @returns `false`: there was none. */
  removeAccountExplicitly(account: AccountRef): Promise<boolean> {
    return this.#rooms.writer.removeExplicitly(account)
  }

  /** For OAuth: exactly the refresh token. */
  getPassword(account: AccountRef): Promise<string | undefined> {
    return this.#rooms.writer.passwordOf(account)
  }

  /** Replaces the credential and drops every token; a refresh on the way is superseded. */
  setPassword(account: AccountRef, password: string): Promise<void> {
    return this.#rooms.writer.setPassword(account, password)
  }

  /** Forgets the credential and every token; the account has to sign in again. */
  clearPassword(account: AccountRef): Promise<void> {
    return this.#rooms.writer.clearPassword(account)
  }

  /** One value that its owner keeps with the account. */
  getUserData(account: AccountRef, key: string): Promise<string | undefined> {
    return this.#rooms.writer.userDataOf(account, key)
  }

  /** @param value At most 1 MiB; `undefined` removes it. @throws AccountError `ERR_LIMIT_EXCEEDED`. */
  setUserData(account: AccountRef, key: string, value: string | undefined): Promise<void> {
    return this.#rooms.writer.setUserData(account, key, value)
  }

  /**
   * Signs in to a new account. The same person again: the account is updated and returned.
   *
   * @throws AccountError `ERR_AUTHENTICATOR_NOT_FOUND`, `ERR_INTERACTION_*`, `ERR_DENIED`, `ERR_VAULT_LOCKED`.
   */
  addAccount(type: string, options: AddAccountOptions = {}): Promise<Account> {
    return this.#rooms.signIn.add(type, options)
  }

  /** Signs in again. @throws AccountError `ERR_IDENTITY_MISMATCH` when somebody else did; nothing is changed then. */
  updateCredentials(account: AccountRef, options: UpdateCredentialsOptions = {}): Promise<Account> {
    return this.#rooms.signIn.update(account, options)
  }

  /**
   * Removes an account here, at once and also offline; its credential is revoked at the service when possible.
   *
   * @returns `'denied'` when the authenticator does not allow it (Android's `getAccountRemovalAllowed`).
   */
  removeAccount(account: AccountRef, options: { signal?: AbortSignal } = {}): Promise<RemovalResult> {
    return this.#rooms.writer.remove(account, options)
  }

  /**
   * Asks the person, or the service, whether the credential is still theirs; `true` is remembered as signing in.
   *
   * @throws AccountError `ERR_UNSUPPORTED` when the authenticator cannot.
   */
  confirmCredentials(account: AccountRef, options: { password?: string; signal?: AbortSignal } = {}): Promise<boolean> {
    return this.#rooms.signIn.confirm(account, options)
  }

  /** Opens the settings of an account type. @throws AccountError `ERR_UNSUPPORTED`. */
  editProperties(
    type: string,
    options: { options?: Readonly<Record<string, unknown>>; signal?: AbortSignal } = {},
  ): Promise<void> {
    return this.#rooms.signIn.editProperties(type, options)
  }

  /**
   * Starts a sign-in that is finished later, perhaps by another process of this app: the flow of a server.
   *
   * @returns A sealed session, good once and until `expiresAt` (`timeouts.sessionMs`).
   */
  startAddAccountSession(type: string, options: SessionOptions = {}): Promise<SessionStart> {
    return this.#rooms.signIn.startAdd(type, options)
  }

  /** The same for an account that is here. */
  startUpdateCredentialsSession(account: AccountRef, options: SessionOptions = {}): Promise<SessionStart> {
    return this.#rooms.signIn.startUpdate(account, options)
  }

  /**
   * Finishes a session with what the person brought back.
   *
   * @throws TypeError for an empty session or a URL that cannot be parsed.
   * @throws AccountError `ERR_SESSION_INVALID` when it is forged, expired, used, or of another app or type.
   */
  finishSession(
    session: string,
    answer: { url?: URL | string } = {},
    options: { signal?: AbortSignal } = {},
  ): Promise<Account> {
    return this.#rooms.signIn.finish(session, answer, options)
  }

  /** Whether the service would like the person to sign in again; `false` where the authenticator does not know. */
  isCredentialsUpdateSuggested(
    account: AccountRef,
    statusToken: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<boolean> {
    return this.#rooms.signIn.isUpdateSuggested(account, statusToken, options)
  }

  /** The app saw the person sign in by itself; the account may be asked for tokens again. */
  notifyAccountAuthenticated(account: AccountRef): Promise<void> {
    return this.#rooms.signIn.markAuthenticated(account)
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
  getAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options: GetAuthTokenOptions = {},
  ): Promise<AuthToken> {
    return this.#rooms.tokens.get(account, authTokenType, options)
  }

  /**
   * A token of the only account with these features; several: the person chooses; none: the person signs in.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` with `candidates` when nobody may be asked.
   */
  getAuthTokenByFeatures(
    type: string,
    authTokenType: AuthTokenTypeSpec,
    features: readonly string[],
    options: GetAuthTokenByFeaturesOptions = {},
  ): Promise<AuthToken> {
    return this.#rooms.tokens.byFeatures(type, authTokenType, features, options)
  }

  /** The token that is known, good or not so good but still valid; never the network, never the authenticator. */
  peekAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options: { options?: Readonly<Record<string, unknown>> } = {},
  ): Promise<AuthToken | undefined> {
    return this.#rooms.tokens.peek(account, authTokenType, options)
  }

  /** Stores a token that came by another way. */
  setAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    token: IssuedToken,
    options: { options?: Readonly<Record<string, unknown>> } = {},
  ): Promise<void> {
    return this.#rooms.tokens.set(account, authTokenType, token, options)
  }

  /** Deletes this very token, in every process; a newer one stays. Silent when it is gone already. */
  invalidateAuthToken(token: AuthToken): Promise<void>
  invalidateAuthToken(type: string, tokenValue: string): Promise<void>
  invalidateAuthToken(tokenOrType: AuthToken | string, tokenValue?: string): Promise<void> {
    return this.#rooms.tokens.invalidate(tokenOrType, tokenValue)
  }

  /**
   * The headers of one request with this token: `Authorization`, and a proof where the scheme needs one.
   *
   * Send them to an origin that the token is for, and to no other.
   */
  authorizeRequest(
    token: AuthToken,
    request: { method: string; url: URL; nonce?: string },
  ): Promise<Record<string, string>> {
    return this.#rooms.tokens.authorize(token, request)
  }

  /** Says whether another app may see the account. A courtesy between apps of one user, not a wall. */
  setAccountVisibility(account: AccountRef, principalId: string, visibility: AccountVisibility): Promise<void> {
    return this.#rooms.sharing.setVisibility(account, principalId, visibility)
  }

  /** The effective value: what was stored, else the default of strangers, `'user-managed-not-visible'`. */
  getAccountVisibility(account: AccountRef, principalId: string): Promise<AccountVisibility> {
    return this.#rooms.sharing.visibilityOf(account, principalId)
  }

  /** Every account that this instance owns, with what `principalId` sees of it. */
  getAccountsAndVisibilityForPrincipal(principalId: string, type?: string): Promise<Map<Account, AccountVisibility>> {
    return this.#rooms.sharing.accountsFor(principalId, type)
  }

  /** Only what was set explicitly. */
  getPrincipalsAndVisibilityForAccount(account: AccountRef): Promise<Map<string, AccountVisibility>> {
    return this.#rooms.sharing.principalsFor(account)
  }

  /** Lets another app have tokens of this type; it hears `account:updated` with the reason `grants_changed`. */
  grantAuthToken(account: AccountRef, authTokenType: AuthTokenTypeSpec, principalId: string): Promise<void> {
    return this.#rooms.sharing.grant(account, authTokenType, principalId)
  }

  /** Forgets a grant or a remembered denial: the person is asked again. */
  revokeAuthTokenGrant(account: AccountRef, authTokenType: AuthTokenTypeSpec, principalId: string): Promise<void> {
    return this.#rooms.sharing.revoke(account, authTokenType, principalId)
  }

  /** Grants and remembered denials. */
  getAuthTokenGrants(account: AccountRef): Promise<AuthTokenGrant[]> {
    return this.#rooms.sharing.grantsOf(account)
  }

  /**
   * Lets one more provider open this vault.
   *
   * @throws AccountError `ERR_VAULT_LOCKED`, `ERR_VAULT_UNAVAILABLE` when it cannot keep a key.
   */
  addKeyProvider(provider: KeyProvider): Promise<void> {
    return this.#rooms.keys.add(provider)
  }

  /** @returns Whether there was one. @throws AccountError `ERR_DENIED` for the last one. */
  removeKeyProvider(id: string): Promise<boolean> {
    return this.#rooms.keys.remove(id)
  }

  /** The providers that can open this vault. */
  getKeyProviders(): Promise<KeyProviderInfo[]> {
    return this.#rooms.keys.list()
  }

  /**
   * Encrypts everything with a new key, in one transaction: killed at any step, the vault opens with one of the two.
   *
   * @throws AccountError `ERR_VAULT_LOCKED`, `ERR_VAULT_UNAVAILABLE` when a provider is out of reach.
   */
  rotateKey(): Promise<void> {
    return this.#rooms.keys.rotate()
  }

  /**
   * The accounts that this app owns with their credentials, encrypted as a JWE (`dir`, A256GCM).
   *
   * @param options.key 32 bytes; keep it apart from the export. `options.accounts`: default all.
   */
  export(options: { key: Uint8Array; accounts?: readonly AccountRef[] }): Promise<string> {
    return this.#rooms.transfer.export(options)
  }

  /**
   * Reads what {@link AccountManager.export} wrote. All or nothing.
   *
   * @param options.ifExists Default `'keep'`. `'update'` replaces a credential only when the export's is newer.
   * @throws AccountError `ERR_IMPORT_INVALID`, `ERR_DENIED` for a type without authenticator here.
   */
  import(jwe: string, options: { key: Uint8Array; ifExists?: 'keep' | 'update' }): Promise<ImportResult> {
    return this.#rooms.transfer.import(jwe, options)
  }

  /**
   * What {@link AccountManager.import} would do with the same arguments, for showing it to a person first. Changes nothing.
   *
   * @throws AccountError `ERR_IMPORT_INVALID`, `ERR_DENIED` for a type without authenticator here.
   */
  planImport(jwe: string, options: { key: Uint8Array; ifExists?: 'keep' | 'update' }): Promise<ImportPlan> {
    return this.#rooms.transfer.plan(jwe, options)
  }

  /**
   * Calls `listener` after each change that this app may know of, whichever process made it: once, and in commit order.
   *
   * @throws TypeError for an event that there is not.
   */
  on<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    this.#rooms.opened.engine.events.on(event, listener)
    return this
  }

  /** Takes a listener off, however often it was added. */
  off<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    this.#rooms.opened.engine.events.off(event, listener)
    return this
  }

  /** The same as {@link AccountManager.on} for one event. */
  once<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    this.#rooms.opened.engine.events.once(event, listener)
    return this
  }

  /** What guards the vault, whether it is locked, and what is wrong, each with its cure. */
  health(): Promise<VaultHealth> {
    return this.#rooms.keys.health()
  }

  /** Resolves when every change so far is durable and announced. @throws AccountError `ERR_STORAGE_WRITE`. */
  flush(): Promise<void> {
    return this.#rooms.flush()
  }
}
