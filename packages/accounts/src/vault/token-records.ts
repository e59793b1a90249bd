import type { Vault } from './vault.ts'

/** How many tokens of one account are kept: options that differ at each call would fill the disk. */
export const MAX_TOKENS_PER_ACCOUNT = 1_000

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
    const fingerprint = this.#vault.fingerprint(token.value)
    const expiresAt = token.expiresAt === undefined ? null : Math.trunc(token.expiresAt)
    const renewed = this.#vault.database
      .prepare('UPDATE token SET fingerprint = ?, data = ?, expires_at = ? WHERE account = ? AND key = ?')
      .run(fingerprint, data, expiresAt, account, key)
    if (Number(renewed.changes) > 0) return
    this.#makeRoom(account, token.obtainedAt)
    this.#vault.database
      .prepare('INSERT INTO token (account, key, fingerprint, data, expires_at) VALUES (?, ?, ?, ?, ?)')
      .run(account, key, fingerprint, data, expiresAt)
  }

  /** Expired tokens go when another one comes, and so do the oldest of very many. */
  #makeRoom(account: string, now: number): void {
    const { database } = this.#vault
    database.prepare('DELETE FROM token WHERE account = ? AND expires_at <= ?').run(account, Math.trunc(now))
    const { n } = database.prepare('SELECT count(*) AS n FROM token WHERE account = ?').get(account) as { n: number }
    if (n < MAX_TOKENS_PER_ACCOUNT) return
    database
      .prepare('DELETE FROM token WHERE rowid IN (SELECT rowid FROM token WHERE account = ? ORDER BY rowid LIMIT ?)')
      .run(account, n - MAX_TOKENS_PER_ACCOUNT + 1)
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
