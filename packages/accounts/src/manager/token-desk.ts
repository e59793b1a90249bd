import { type AccountRef, accountIdOf } from '../account.ts'
import type { GetAuthTokenByFeaturesOptions, GetAuthTokenOptions } from '../account-manager-types.ts'
import { tokenArgument } from '../answers.ts'
import { checkedType, checkObject, checkText, checkTexts } from '../arguments/checks.ts'
import { checkAuthToken, checkRequest, checkTokenOptions, isPlainRequest } from '../arguments/token-options.ts'
import { AuthToken, type IssuedToken } from '../auth-token.ts'
import type { AuthTokenTypeSpec } from '../authenticator.ts'
import type { Engine } from '../engine.ts'
import { isAccountError } from '../errors.ts'
import type { Grants } from '../grants.ts'
import type { SignIn } from '../sign-in.ts'
import { DEFAULT_MIN_VALIDITY_MS } from '../token-cache.ts'
import { type TokenKey, tokenKeyOf } from '../token-key.ts'
import type { TokenSource } from '../token-source.ts'
import type { AccountRecord } from '../vault/account-records.ts'
import type { AccountPicker } from './account-picker.ts'

type TokenOptions = { readonly options?: Readonly<Record<string, unknown>> }

/** Gives out tokens, after arguments and grants were checked. */
export class TokenDesk {
  readonly #engine: Engine
  readonly #tokens: TokenSource
  readonly #grants: Grants
  readonly #picker: AccountPicker
  readonly #signIn: SignIn

  constructor(engine: Engine, tokens: TokenSource, grants: Grants, picker: AccountPicker, signIn: SignIn) {
    this.#engine = engine
    this.#tokens = tokens
    this.#grants = grants
    this.#picker = picker
    this.#signIn = signIn
  }

  async get(account: AccountRef, authTokenType: AuthTokenTypeSpec, options: GetAuthTokenOptions): Promise<AuthToken> {
    this.#engine.checkOpen()
    this.#engine.look()
    const hit = this.#fromMemory(account, authTokenType, options)
    if (hit !== undefined) return hit
    accountIdOf(account)
    checkTokenOptions(options)
    this.#engine.attend()
    const record = this.#engine.require(account)
    const key = this.#keyOf(record, authTokenType, options.options)
    await this.#grants.check(record, key.grant, options.interaction === 'allow', options.signal)
    const known =
      options.forceRefresh === true
        ? undefined
        : this.#tokens.stored.fromMemory(record.account.id, key.canonical, options.minValidityMs)
    return known ?? (await this.#renewed(record, key, authTokenType, options))
  }

  async byFeatures(
    accountType: string,
    authTokenType: AuthTokenTypeSpec,
    features: readonly string[],
    options: GetAuthTokenByFeaturesOptions,
  ): Promise<AuthToken> {
    const type = checkedType(accountType)
    checkTexts(features, 'features')
    checkTokenOptions(options)
    const { addAccountOptions, ...tokenOptions } = options
    if (addAccountOptions !== undefined) checkObject(addAccountOptions, 'addAccountOptions')
    const description = this.#engine.sight.descriptionOf(type)
    tokenKeyOf(authTokenType, options.options, description, this.#engine.app.id)
    const account = await this.#picker.withFeatures(type, authTokenType, features, options)
    return await this.get(account, authTokenType, tokenOptions)
  }

  async peek(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    options: TokenOptions,
  ): Promise<AuthToken | undefined> {
    accountIdOf(account)
    checkObject(options, 'options')
    this.#engine.attend()
    const record = this.#engine.require(account)
    const key = this.#keyOf(record, authTokenType, options.options)
    await this.#grants.check(record, key.grant, false)
    const known = this.#tokens.stored.fromVault(record, key)?.token
    const isGone = known?.expiresAt !== undefined && this.#engine.clock.now() >= known.expiresAt
    return isGone ? undefined : known
  }

  async set(
    account: AccountRef,
    authTokenType: AuthTokenTypeSpec,
    token: IssuedToken,
    options: TokenOptions,
  ): Promise<void> {
    accountIdOf(account)
    checkObject(options, 'options')
    const record = this.#engine.owned(account, 'set tokens of')
    const key = this.#keyOf(record, authTokenType, options.options)
    await this.#tokens.stored.put(record, key, tokenArgument(token, record.account.type))
  }

  async invalidate(tokenOrType: AuthToken | string, tokenValue: string | undefined): Promise<void> {
    const isToken = tokenOrType instanceof AuthToken
    const type = checkedType(isToken ? tokenOrType.account.type : tokenOrType)
    const value = isToken ? tokenOrType.value : tokenValue
    checkText(value, 'tokenValue')
    this.#engine.attend()
    await this.#tokens.stored.invalidate(type, value)
  }

  async authorize(
    token: AuthToken,
    request: { method: string; url: URL; nonce?: string },
  ): Promise<Record<string, string>> {
    checkAuthToken(token)
    checkRequest(request)
    const record = this.#engine.owned(token.account, 'authorise requests of')
    return await this.#tokens.authorize(record, this.#engine.authenticators.get(record.account.type), token, request)
  }

  /** Renewed, and where only the person can go on and may be asked, after signing in again. */
  async #renewed(
    record: AccountRecord,
    key: TokenKey,
    authTokenType: AuthTokenTypeSpec,
    options: GetAuthTokenOptions,
  ): Promise<AuthToken> {
    const { id, type } = record.account
    const authenticator = this.#engine.authenticators.get(type)
    try {
      return await this.#tokens.get(record, key, authenticator, options)
    } catch (error) {
      const isForPerson = isAccountError(error) && error.code === 'ERR_INTERACTION_REQUIRED'
      if (!isForPerson || options.interaction !== 'allow') throw error
      if (authenticator?.updateCredentials === undefined || this.#engine.interaction === undefined) throw error
      await this.#signIn.updateCredentials(this.#engine.require(id), authenticator, {
        ...(typeof authTokenType === 'string' && { authTokenType }),
        ...(options.signal !== undefined && { signal: options.signal }),
      })
      return await this.#tokens.get(this.#engine.require(id), key, authenticator, options)
    }
  }

  /** The way of most calls: a plain type, no options, a token in memory. */
  #fromMemory(account: AccountRef, type: AuthTokenTypeSpec, options: GetAuthTokenOptions): AuthToken | undefined {
    if (typeof type !== 'string' || !isPlainRequest(options)) return undefined
    const id = typeof account === 'string' ? account : account?.id
    return this.#tokens.stored.fromMemory(id, type, options.minValidityMs ?? DEFAULT_MIN_VALIDITY_MS)
  }

  #keyOf(record: AccountRecord, type: AuthTokenTypeSpec, options: unknown): TokenKey {
    const description = this.#engine.sight.descriptionOf(record.account.type)
    return tokenKeyOf(type, options, description, this.#engine.app.id)
  }
}
