import { type Account, type AccountRef, accountIdOf } from '../account.ts'
import type { AccountVisibility } from '../account-manager-types.ts'
import { checkVisibility } from '../arguments/account-arguments.ts'
import { checkOptionalText } from '../arguments/checks.ts'
import { checkPrincipal } from '../arguments/principal.ts'
import type { AuthTokenTypeSpec } from '../authenticator.ts'
import type { Engine } from '../engine.ts'
import type { AuthTokenGrant, Grants } from '../grants.ts'
import { tokenKeyOf } from '../token-key.ts'
import type { AccountRecord } from '../vault/account-records.ts'
import type { Visibility } from '../visibility.ts'

/** What the owner of an account says about other apps: who sees it, and who may have its tokens. */
export class Sharing {
  readonly #engine: Engine
  readonly #visibility: Visibility
  readonly #grants: Grants

  constructor(engine: Engine, visibility: Visibility, grants: Grants) {
    this.#engine = engine
    this.#visibility = visibility
    this.#grants = grants
  }

  async setVisibility(account: AccountRef, principalId: string, visibility: AccountVisibility): Promise<void> {
    accountIdOf(account)
    checkPrincipal(principalId, 'principalId')
    checkVisibility(visibility)
    await this.#visibility.set(this.#engine.owned(account, 'change who sees'), principalId, visibility)
  }

  async visibilityOf(account: AccountRef, principalId: string): Promise<AccountVisibility> {
    accountIdOf(account)
    checkPrincipal(principalId, 'principalId')
    return this.#visibility.of(this.#engine.owned(account, 'ask who sees'), principalId)
  }

  async accountsFor(principalId: string, type: string | undefined): Promise<Map<Account, AccountVisibility>> {
    checkPrincipal(principalId, 'principalId')
    checkOptionalText(type, 'type')
    this.#engine.attend()
    const { index, sight } = this.#engine
    const records = type === undefined ? index.all() : index.ofType(type.normalize('NFC'))
    const owned = [...records].filter(({ account }) => sight.owns(account.type))
    return new Map(owned.map((record) => [record.account, this.#visibility.of(record, principalId)]))
  }

  async principalsFor(account: AccountRef): Promise<Map<string, AccountVisibility>> {
    return this.#visibility.storedFor(this.#engine.owned(account, 'ask who sees').account)
  }

  async grant(account: AccountRef, authTokenType: AuthTokenTypeSpec, principalId: string): Promise<void> {
    const record = this.#grantable(account, principalId, 'grant tokens of')
    await this.#grants.set(record, this.#grantOf(record, authTokenType), principalId, true)
  }

  async revoke(account: AccountRef, authTokenType: AuthTokenTypeSpec, principalId: string): Promise<void> {
    const record = this.#grantable(account, principalId, 'revoke grants of')
    await this.#grants.revoke(record, this.#grantOf(record, authTokenType), principalId)
  }

  async grantsOf(account: AccountRef): Promise<AuthTokenGrant[]> {
    return this.#grants.of(this.#engine.owned(account, 'list the grants of'))
  }

  #grantable(account: AccountRef, principalId: string, what: string): AccountRecord {
    accountIdOf(account)
    checkPrincipal(principalId, 'principalId')
    return this.#engine.owned(account, what)
  }

  #grantOf({ account }: AccountRecord, authTokenType: AuthTokenTypeSpec): string {
    const description = this.#engine.sight.descriptionOf(account.type)
    return tokenKeyOf(authTokenType, undefined, description, this.#engine.app.id).grant
  }
}
