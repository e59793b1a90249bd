import type { Account } from './account.ts'
import type { AccountVisibility, AddAccountExplicitlyOptions } from './account-manager-types.ts'
import { tokenArgument } from './answers.ts'
import type { IssuedToken } from './auth-token.ts'
import type { AuthenticatorDescription } from './authenticator.ts'
import { nodeCrypto } from './builtin.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import { RECOVERED } from './settlement.ts'
import { storedKeyOf, tokenKeyOf } from './token-key.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { NewChange } from './vault/change-feed.ts'

/** Everything that is stored with a new or re-authenticated account, checked. */
export interface AccountContent {
  readonly password?: string | undefined
  readonly fields?: Readonly<Record<string, string>> | undefined
  readonly userData?: Readonly<Record<string, string>> | undefined
  readonly tokens?: Readonly<Record<string, IssuedToken>> | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly visibility?: Readonly<Record<string, AccountVisibility>> | undefined
  readonly issuer?: string | undefined
  readonly clientId?: string | undefined
  readonly subject?: string | undefined
  /** Whether a person has just signed in. */
  readonly isAuthenticated: boolean
}

type Announce = (change: NewChange) => void

/** Writes accounts; every method is called inside a write transaction. */
export class AccountStore {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** How many accounts there are. SQLite counts by reading them all, so memory answers whenever it has seen every change. */
  count(): number {
    const { index, records, revision, vault } = this.#engine
    return vault.feed.latest === revision ? index.size : records.count()
  }

  /**
   * @param count How many accounts there are already; who inserts many counts once.
   * @throws AccountError `ERR_LIMIT_EXCEEDED`.
   */
  insert(
    type: string,
    name: string,
    content: AccountContent,
    announce: Announce,
    count: number = this.count(),
  ): Account {
    const { records, clock, app, maxAccounts } = this.#engine
    if (count >= maxAccounts) {
      throw new AccountError(
        'ERR_LIMIT_EXCEEDED',
        `the vault holds ${maxAccounts} accounts, which is its limit; remove some`,
      )
    }
    const account = Object.freeze({ id: nodeCrypto().randomUUID(), type, name })
    records.insert(account, app.id, clock.now())
    records.writeCredential(account.id, { password: content.password, fields: content.fields ?? {} })
    records.writeProfile(account.id, { userData: content.userData ?? {}, claims: content.claims ?? {} })
    this.#bind(account.id, content)
    this.#putTokens(account, content)
    this.#putVisibility(account.id, content.visibility)
    announce({ event: 'account:added', account })
    return account
  }

  /** Gives an account another credential, as the person wants it now: a refresh on the way is superseded. */
  update(record: AccountRecord, content: AccountContent, announce: Announce): Account {
    const { account } = record
    const { records } = this.#engine
    const profile = records.readProfile(account.id)
    // Who says nothing of a credential leaves the one that is there.
    if (content.password !== undefined) {
      records.writeCredential(account.id, { password: content.password, fields: content.fields ?? {} })
    } else if (content.fields !== undefined) {
      const before = records.readCredential(account.id)
      records.writeCredential(account.id, { ...before, fields: { ...before.fields, ...content.fields } })
    }
    records.writeProfile(account.id, {
      userData: { ...profile.userData, ...content.userData },
      claims: content.claims ?? profile.claims,
    })
    this.#engine.tokens.deleteAll(account.id)
    this.#putTokens(account, content)
    this.#putVisibility(account.id, content.visibility)
    this.#bind(account.id, content)
    // First, so that whoever sees it only now hears that it was added, and not that it changed.
    if (content.visibility !== undefined) announce({ event: 'account:access', account })
    this.markChanged(record, announce)
    return account
  }

  /** The credential is another one: raises both revisions and brings the account back to `ok`. */
  markChanged(record: AccountRecord, announce: Announce): void {
    const { account, generation, credentialRevision, state } = record
    this.#engine.records.update(account.id, {
      ...RECOVERED,
      generation: generation + 1,
      credential_revision: credentialRevision + 1,
    })
    announce({ event: 'account:updated', account })
    if (state !== 'ok') announce({ event: 'account:recovered', account })
  }

  #bind(id: string, content: AccountContent): void {
    this.#engine.records.update(id, {
      ...(content.issuer !== undefined && { issuer: content.issuer }),
      ...(content.clientId !== undefined && { client_id: content.clientId }),
      ...(content.subject !== undefined && { subject: content.subject }),
      ...(content.isAuthenticated && { last_authenticated_at: Math.trunc(this.#engine.clock.now()) }),
    })
  }

  #putTokens(account: Account, content: AccountContent): void {
    const description = this.#engine.sight.descriptionOf(account.type)
    for (const [type, issued] of Object.entries(content.tokens ?? {})) {
      const key = tokenKeyOf(type, undefined, description, this.#engine.app.id)
      this.#engine.tokens.put(account.id, storedKeyOf(key), {
        value: issued.value,
        authTokenType: key.label,
        scheme: issued.scheme ?? 'Bearer',
        expiresAt: issued.expiresAt,
        scopes: issued.scopes ?? [],
        obtainedAt: this.#engine.clock.now(),
      })
    }
  }

  #putVisibility(id: string, visibility: Readonly<Record<string, AccountVisibility>> | undefined): void {
    for (const [principal, value] of Object.entries(visibility ?? {})) {
      this.#engine.vault.database
        .prepare('INSERT OR REPLACE INTO visibility (account, principal, visibility) VALUES (?, ?, ?)')
        .run(id, principal, value)
    }
  }
}

/**
 * The content of `addAccountExplicitly`, checked.
 *
 * @throws TypeError for a token type that the authenticator does not declare.
 */
export function explicitContent(
  options: AddAccountExplicitlyOptions,
  type: string,
  description: AuthenticatorDescription | undefined,
): AccountContent {
  for (const key of Object.keys(options.tokens ?? {})) tokenKeyOf(key, undefined, description, '')
  const tokens = Object.entries(options.tokens ?? {}).map(([key, token]) => [key, tokenArgument(token, type)] as const)
  return {
    password: options.password,
    userData: options.userData,
    tokens: Object.fromEntries(tokens),
    visibility: options.visibility,
    isAuthenticated: false,
  }
}
