import type { AccountVisibility } from './account-manager-types.ts'
import type { Authenticator, AuthenticatorDescription } from './authenticator.ts'
import type { Database } from './storage/database.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** The app for which a manager acts. */
export interface Principal {
  readonly id: string
  /** Sees and owns every account, as Android's Settings does. */
  readonly system: boolean
}

/**
 * What this principal owns and sees: the authenticators that it registered, and what was said about it in the vault.
 *
 * Kept in memory, so that listing never touches the disk; the engine brings it up to date with the change feed.
 */
export class Sight {
  readonly authenticators: Map<string, Authenticator> = new Map()
  /** As they were when they were checked: whoever changes a description later changes nothing here. */
  readonly #descriptions = new WeakMap<Authenticator, AuthenticatorDescription>()
  readonly #app: Principal
  readonly #database: Database
  readonly #visibility = new Map<string, AccountVisibility>()

  constructor(app: Principal, database: Database) {
    this.#app = app
    this.#database = database
  }

  /** Call after the description was checked. */
  register(type: string, authenticator: Authenticator): void {
    this.#descriptions.set(authenticator, frozenCopy({ ...authenticator.description, type }))
    this.authenticators.set(type, authenticator)
  }

  describe(authenticator: Authenticator): AuthenticatorDescription {
    return this.#descriptions.get(authenticator) ?? authenticator.description
  }

  /** `undefined`: no authenticator is registered here for this type. */
  descriptionOf(type: string): AuthenticatorDescription | undefined {
    const authenticator = this.authenticators.get(type)
    return authenticator === undefined ? undefined : this.describe(authenticator)
  }

  /** Registering an authenticator gives the owner's rights over its type (Android's "same signature"). */
  owns(type: string): boolean {
    return this.#app.system || this.authenticators.has(type)
  }

  /** The app that made an account stays its owner when the type's authenticator is not there any more. */
  isOwned(record: AccountRecord): boolean {
    return this.owns(record.account.type) || record.creator === this.#app.id
  }

  isVisible(record: AccountRecord): boolean {
    if (this.isOwned(record)) return true
    const visibility = this.#visibility.get(record.account.id)
    return visibility === 'visible' || visibility === 'user-managed-visible'
  }

  /** Reads everything again. */
  reload(): void {
    this.#visibility.clear()
    const sql = 'SELECT account, visibility FROM visibility WHERE principal = ?'
    for (const row of this.#database.prepare(sql).all(this.#app.id)) {
      this.#visibility.set(String(row['account']), String(row['visibility']) as AccountVisibility)
    }
  }

  /** Reads again what was said about one account. */
  refresh(account: string): void {
    const sql = 'SELECT visibility FROM visibility WHERE account = ? AND principal = ?'
    const row = this.#database.prepare(sql).get(account, this.#app.id)
    if (row === undefined) this.#visibility.delete(account)
    else this.#visibility.set(account, String(row['visibility']) as AccountVisibility)
  }
}

/** Of plain data, as a description is. */
function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map((item: unknown) => frozenCopy(item))) as T
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => [name, frozenCopy(member)] as const)
  return Object.freeze(Object.fromEntries(members)) as T
}
