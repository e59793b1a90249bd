import type { Database } from '../storage/database.ts'

/** Everything that is announced. */
export type ChangeEvent =
  | 'account:added'
  | 'account:removed'
  | 'account:renamed'
  | 'account:updated'
  | 'account:attention'
  | 'account:recovered'
  | 'account:default-changed'
  /** Only memory follows: a backoff, a rotated credential. */
  | 'account:state'
  /** Who may see the account, or have its tokens, changed. */
  | 'account:access'
  | 'token:refreshed'
  | 'token:invalidated'

export interface NewChange {
  readonly event: ChangeEvent
  readonly account: { readonly id: string; readonly type: string; readonly name: string }
  readonly reason?: string | undefined
}

export interface Change {
  readonly revision: number
  readonly at: number
  readonly event: ChangeEvent
  readonly account: string
  readonly type: string
  readonly name: string
  readonly reason: string | undefined
  readonly origin: string
}

const KEPT_CHANGES = 10_000
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000
/** Old changes are deleted once in so many appends, not at each. */
const PRUNE_EVERY = 256

/**
 * What happened, in commit order, for every process that shares the vault.
 *
 * Kept for 10 000 changes and 7 days; who was away for longer has to read everything again.
 */
export class ChangeFeed {
  readonly #database: Database
  readonly #origin: string
  readonly #now: () => number

  constructor(database: Database, origin: string, now: () => number) {
    this.#database = database
    this.#origin = origin
    this.#now = now
  }

  /** Call inside the write transaction that makes the change. */
  append(change: NewChange): Change {
    const { event, account, reason } = change
    const at = Math.trunc(this.#now())
    const inserted = this.#database
      .prepare('INSERT INTO change (at, event, account, type, name, reason, origin) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(at, event, account.id, account.type, account.name, reason ?? null, this.#origin)
    const revision = Number(inserted.lastInsertRowid)
    if (revision % PRUNE_EVERY === 0) this.#prune(revision, at)
    return {
      revision,
      at,
      event,
      account: account.id,
      type: account.type,
      name: account.name,
      reason,
      origin: this.#origin,
    }
  }

  after(revision: number): Change[] {
    const rows = this.#database.prepare('SELECT * FROM change WHERE revision > ? ORDER BY revision').all(revision)
    return (rows as unknown as (Omit<Change, 'reason'> & { reason: string | null })[]).map((row) => ({
      ...row,
      reason: row.reason ?? undefined,
    }))
  }

  /** The revision of the newest change, also when it was pruned. */
  get latest(): number {
    const row = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'change'").get()
    return (row as { seq: number } | undefined)?.seq ?? 0
  }

  isOwn(change: Change): boolean {
    return change.origin === this.#origin
  }

  #prune(revision: number, now: number): void {
    this.#database
      .prepare('DELETE FROM change WHERE revision <= ? AND (revision <= ? OR at < ?)')
      .run(revision, revision - KEPT_CHANGES, now - KEPT_MS)
  }
}
