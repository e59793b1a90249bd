import type { Account, AccountInfo, AccountRef } from './account.ts'
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
import type { AuthToken, IssuedToken } from './auth-token.ts'
import type { Authenticator, AuthenticatorDescription, AuthTokenTypeSpec } from './authenticator.ts'

function notYet(..._args: unknown[]): never {
  throw new Error('not yet')
}

export class AccountManager implements AsyncDisposable {
  static open(options: AccountManagerOptions): Promise<AccountManager> {
    return notYet(options)
  }
  get app(): { readonly id: string; readonly name?: string } {
    return notYet()
  }
  /** The folder of the vault. */
  get directory(): string {
    return notYet()
  }
  close(): Promise<void> {
    return notYet()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
  unlock(options?: { interaction?: 'never' | 'allow'; signal?: AbortSignal }): Promise<boolean> {
    return notYet(options)
  }
  lock(): void {
    notYet()
  }
  registerAuthenticator(authenticator: Authenticator): void {
    notYet(authenticator)
  }
  unregisterAuthenticator(type: string): void {
    notYet(type)
  }
  getAuthenticatorTypes(): AuthenticatorDescription[] {
    return notYet()
  }
  getAccounts(): Promise<Account[]> {
    return notYet()
  }
  getAccountsByType(type: string): Promise<Account[]> {
    return notYet(type)
  }
  getAccount(id: string): Promise<Account | undefined> {
    return notYet(id)
  }
  findAccount(type: string, name: string): Promise<Account | undefined> {
    return notYet(type, name)
  }
  getAccountInfo(account: AccountRef): Promise<AccountInfo> {
    return notYet(account)
  }
  getAccountInfos(filter?: AccountInfoFilter): Promise<AccountInfo[]> {
    return notYet(filter)
  }
  resolveAccount(type: string, options?: ResolveAccountOptions): Promise<Account> {
    return notYet(type, options)
  }
  getDefaultAccount(type: string): Promise<Account | undefined> {
    return notYet(type)
  }
  setDefaultAccount(type: string, account: AccountRef | undefined): Promise<void> {
    return notYet(type, account)
  }
  addAccountExplicitly(
    account: { type: string; name: string },
    options?: AddAccountExplicitlyOptions,
  ): Promise<Account> {
    return notYet(account, options)
  }
  renameAccount(account: AccountRef, newName: string): Promise<Account> {
    return notYet(account, newName)
  }
  removeAccountExplicitly(account: AccountRef): Promise<boolean> {
    return notYet(account)
  }
  getPassword(account: AccountRef): Promise<string | undefined> {
    return notYet(account)
  }
  setPassword(account: AccountRef, password: string): Promise<void> {
    return notYet(account, password)
  }
  clearPassword(account: AccountRef): Promise<void> {
    return notYet(account)
  }
  getUserData(account: AccountRef, key: string): Promise<string | undefined> {
    return notYet(account, key)
  }
  setUserData(account: AccountRef, key: string, value: string | undefined): Promise<void> {
    return notYet(account, key, value)
  }
  addAccount(type: string, options?: AddAccountOptions): Promise<Account> {
    return notYet(type, options)
  }
  updateCredentials(account: AccountRef, options?: UpdateCredentialsOptions): Promise<Account> {
    return notYet(account, options)
  }
  removeAccount(account: AccountRef, options?: { signal?: AbortSignal }): Promise<RemovalResult> {
    return notYet(account, options)
  }
  getAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options?: GetAuthTokenOptions,
  ): Promise<AuthToken> {
    return notYet(account, authTokenType, options)
  }
  peekAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options?: { options?: Readonly<Record<string, unknown>> },
  ): Promise<AuthToken | undefined> {
    return notYet(account, authTokenType, options)
  }
  setAuthToken(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    token: IssuedToken,
    options?: { options?: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    return notYet(account, authTokenType, token, options)
  }
  invalidateAuthToken(token: AuthToken): Promise<void>
  invalidateAuthToken(type: string, tokenValue: string): Promise<void>
  invalidateAuthToken(tokenOrType: AuthToken | string, tokenValue?: string): Promise<void> {
    return notYet(tokenOrType, tokenValue)
  }
  authorizeRequest(
    token: AuthToken,
    request: { method: string; url: URL; nonce?: string },
  ): Promise<Record<string, string>> {
    return notYet(token, request)
  }
  on<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    return notYet(event, listener)
  }
  off<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    return notYet(event, listener)
  }
  once<E extends keyof AccountManagerEvents>(event: E, listener: (...args: AccountManagerEvents[E]) => void): this {
    return notYet(event, listener)
  }
  health(): Promise<VaultHealth> {
    return notYet()
  }
  flush(): Promise<void> {
    return notYet()
  }
}
