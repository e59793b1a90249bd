import type { Vault } from './vault.ts'

/** A token as the vault keeps it. */
export interface StoredToken {
  readonly value: string
  readonly authTokenType: string
  readonly scheme: string
  readonly expiresAt: number | undefined
  readonly scopes: readonly string[]
  /** When it was stored; with `expiresAt` the lifetime. */
  readonly obtainedAt: number
}

/** Tokens in the vault. Methods that change something are called inside a write transaction. */
export class TokenRecords {
  readonly #vault: Vault

  constructor(vault: Vault) {
    this.#vault = vault
  }

  get(account: string, key: string): StoredToken | undefined {
    const row = this.#vault.database.prepare('SELECT data FROM token WHERE account = ? AND key = ?').get(account, key)
    if (row === undefined) return undefined
    const place = { kind: 'token', owner: account, field: key } as const
    const token = this.#vault.unseal(place, row['data'] as Uint8Array) as Partial<StoredToken>
    return { ...(token as StoredToken), expiresAt: token.expiresAt }
  }

  /** Every token of an account. */
  all(account: string): StoredToken[] {
    const rows = this.#vault.database.prepare('SELECT key FROM token WHERE account = ? ORDER BY key').all(account)
    return rows.map((row) => this.get(account, String(row['key']))).filter((token) => token !== undefined)
  }

  put(account: string, key: string, token: StoredToken): void {
    const data = this.#vault.seal({ kind: 'token', owner: account, field: key }, token)
    this.#vault.database
      .prepare(
        `INSERT INTO token (account, key, fingerprint, data) VALUES (?, ?, ?, ?)
         ON CONFLICT (account, key) DO UPDATE SET fingerprint = excluded.fingerprint, data = excluded.data`,
      )
      .run(account, key, this.#vault.fingerprint(token.value), data)
  }

  /** The accounts of `type` that hold a token with this value; deletes those tokens. */
  deleteByValue(type: string, value: string): string[] {
    const rows = this.#vault.database
      .prepare(
        'DELETE FROM token WHERE fingerprint = ? AND account IN (SELECT id FROM account WHERE type = ?) RETURNING account',
      )
      .all(this.#vault.fingerprint(value), type)
    return [...new Set(rows.map((row) => String(row['account'])))]
  }

  deleteAll(account: string): void {
    this.#vault.database.prepare('DELETE FROM token WHERE account = ?').run(account)
  }
}
