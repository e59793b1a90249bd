import type { Account } from './account.ts'
import type { AccountVisibility } from './account-manager-types.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** What a stranger sees of an account about which nothing was said: hidden, but the chooser may offer it. */
export const DEFAULT_VISIBILITY: AccountVisibility = 'user-managed-not-visible'

/**
 * Who may see which account (Android's resolution order, for the apps of one person).
 *
 * The owner and the system see everything; then the stored value counts, then who made the account, then the default.
 * This is a courtesy between apps of one user, not a wall.
 */
export class Visibility {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  of(record: AccountRecord, principal: string): AccountVisibility {
    const { app } = this.#engine
    if (principal === app.id && this.#engine.sight.owns(record.account.type)) return 'visible'
    return this.#stored(record.account.id, principal) ?? (principal === record.creator ? 'visible' : DEFAULT_VISIBILITY)
  }

  /** Only what was stored explicitly. */
  storedFor(account: Account): Map<string, AccountVisibility> {
    const sql = 'SELECT principal, visibility FROM visibility WHERE account = ? ORDER BY principal'
    const rows = this.#engine.vault.database.prepare(sql).all(account.id)
    return new Map(rows.map((row) => [String(row['principal']), row['visibility'] as AccountVisibility]))
  }

  /** Changing nothing announces nothing. */
  async set(record: AccountRecord, principal: string, visibility: AccountVisibility): Promise<void> {
    const { account } = record
    if (this.#stored(account.id, principal) === visibility) return
    await this.#engine.commit((announce) => {
      this.#engine.current(account)
      this.#put(account, principal, visibility)
      announce({ event: 'account:access', account })
    })
  }

  /** The person chose the account: it comes into sight, unless its owner forbids that. @throws AccountError `ERR_DENIED`. */
  async reveal({ account }: AccountRecord, principal: string): Promise<void> {
    await this.#engine.commit((announce) => {
      this.#engine.current(account)
      if (this.#stored(account.id, principal) === 'not-visible') throw forbidden(account, principal)
      this.#put(account, principal, 'user-managed-visible')
      announce({ event: 'account:access', account })
    })
  }

  #put({ id }: Account, principal: string, visibility: AccountVisibility): void {
    this.#engine.vault.database
      .prepare('INSERT OR REPLACE INTO visibility (account, principal, visibility) VALUES (?, ?, ?)')
      .run(id, principal, visibility)
  }

  #stored(account: string, principal: string): AccountVisibility | undefined {
    const sql = 'SELECT visibility FROM visibility WHERE account = ? AND principal = ?'
    const row = this.#engine.vault.database.prepare(sql).get(account, principal)
    return row === undefined ? undefined : (row['visibility'] as AccountVisibility)
  }
}

function forbidden({ name, type }: Account, principal: string): AccountError {
  return new AccountError('ERR_DENIED', `the owner of ${name} (${type}) does not let ${principal} see it`, {
    reason: 'access_denied',
  })
}
