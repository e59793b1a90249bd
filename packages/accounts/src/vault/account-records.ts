import type { Account, AccountState } from '../account.ts'
import type { Credential } from '../authenticator.ts'
import type { Vault } from './vault.ts'

/** A stored state; `orphaned` is computed per process and never stored. */
export type StoredState = Exclude<AccountState, 'orphaned'>

/** The row of an account that can be read while the vault is locked. */
export interface AccountRecord {
  readonly account: Account
  readonly creator: string
  readonly previousName: string | undefined
  /** The name by which the service knows the person, when the account was renamed here. */
  readonly login: string | undefined
  readonly state: StoredState
  readonly reason: string | undefined
  /** JSON of what a step-up or a narrower grant asks for. */
  readonly challenge: string | undefined
  /** The code of the last transient failure while `degraded`. */
  readonly transientCode: string | undefined
  readonly retryAt: number | undefined
  readonly failures: number
  /** Fingerprint of a credential that was sent and whose answer was lost. */
  readonly doubtful: string | undefined
  readonly attention: boolean
  readonly createdAt: number
  readonly lastAuthenticatedAt: number | undefined
  readonly issuer: string | undefined
  readonly clientId: string | undefined
  readonly subject: string | undefined
  /** Rises with every change of the credential: what a late result is compared with. */
  readonly generation: number
  /** Rises when the person changes the credential. */
  readonly credentialRevision: number
}

/** The secret half of an account. */
export interface SealedCredential {
  readonly password?: string | undefined
  readonly fields: Readonly<Record<string, string>>
}

/** What is known about the person; not secret from its owner. */
export interface Profile {
  readonly userData: Readonly<Record<string, string>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Columns that can be changed, by their name in the table. */
export interface AccountChanges {
  name?: string
  previous_name?: string | null
  login?: string | null
  state?: StoredState
  reason?: string | null
  challenge?: string | null
  transient_code?: string | null
  retry_at?: number | null
  failures?: number
  doubtful?: string | null
  attention?: number
  last_authenticated_at?: number
  issuer?: string | null
  client_id?: string | null
  subject?: string | null
  generation?: number
  credential_revision?: number
}

type Row = Record<string, string | number | null>

const CHANGEABLE: ReadonlySet<string> = new Set<keyof AccountChanges>([
  'name',
  'previous_name',
  'login',
  'state',
  'reason',
  'challenge',
  'transient_code',
  'retry_at',
  'failures',
  'doubtful',
  'attention',
  'last_authenticated_at',
  'issuer',
  'client_id',
  'subject',
  'generation',
  'credential_revision',
])

/** Accounts in the vault. Methods that change something are called inside a write transaction. */
export class AccountRecords {
  readonly #vault: Vault

  constructor(vault: Vault) {
    this.#vault = vault
  }

  all(): AccountRecord[] {
    return this.#vault.database
      .prepare('SELECT * FROM account ORDER BY position')
      .all()
      .map((row) => recordOf(row as Row))
  }

  get(id: string): AccountRecord | undefined {
    const row = this.#vault.database.prepare('SELECT * FROM account WHERE id = ?').get(id)
    return row === undefined ? undefined : recordOf(row as Row)
  }

  findByName(type: string, name: string): AccountRecord | undefined {
    const row = this.#vault.database.prepare('SELECT * FROM account WHERE type = ? AND name = ?').get(type, name)
    return row === undefined ? undefined : recordOf(row as Row)
  }

  /** By the name at the service: that of the account, or the one before it was renamed here. */
  findByLogin(type: string, name: string): AccountRecord | undefined {
    const namesake = this.findByName(type, name)
    if (namesake !== undefined && namesake.login === undefined) return namesake
    const sql = 'SELECT * FROM account WHERE type = ? AND login = ? AND login IS NOT NULL ORDER BY position LIMIT 1'
    const row = this.#vault.database.prepare(sql).get(type, name)
    return row === undefined ? undefined : recordOf(row as Row)
  }

  findByIdentity(type: string, issuer: string, subject: string): AccountRecord | undefined {
    const sql = 'SELECT * FROM account WHERE type = ? AND issuer = ? AND subject = ?'
    const row = this.#vault.database.prepare(sql).get(type, issuer, subject)
    return row === undefined ? undefined : recordOf(row as Row)
  }

  count(): number {
    return (this.#vault.database.prepare('SELECT count(*) AS n FROM account').get() as { n: number }).n
  }

  insert(account: Account, creator: string, createdAt: number): void {
    const sql = `INSERT INTO account (id, type, name, creator, created_at, position)
      SELECT ?, ?, ?, ?, ?, coalesce(max(position), 0) + 1 FROM account`
    this.#vault.database.prepare(sql).run(account.id, account.type, account.name, creator, Math.trunc(createdAt))
  }

  update(id: string, changes: AccountChanges): void {
    const names = Object.keys(changes).filter((name) => CHANGEABLE.has(name))
    if (names.length === 0) return
    const values = names.map((name) => changes[name as keyof AccountChanges] ?? null)
    const sql = `UPDATE account SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`
    this.#vault.database.prepare(sql).run(...values, id)
  }

  /** @returns Whether there was one. */
  delete(id: string): boolean {
    return Number(this.#vault.database.prepare('DELETE FROM account WHERE id = ?').run(id).changes) > 0
  }

  readCredential(id: string): SealedCredential {
    return (this.#read(id, 'credential') as SealedCredential | undefined) ?? { fields: {} }
  }

  writeCredential(id: string, credential: SealedCredential): void {
    this.#write(id, 'credential', credential)
  }

  readProfile(id: string): Profile {
    return (this.#read(id, 'profile') as Profile | undefined) ?? { userData: {}, claims: {} }
  }

  writeProfile(id: string, profile: Profile): void {
    this.#write(id, 'profile', profile)
  }

  /** Everything that an authenticator gets to see of an account. */
  credentialFor(record: AccountRecord): Credential {
    const { password, fields } = this.readCredential(record.account.id)
    const { userData } = this.readProfile(record.account.id)
    const { issuer, clientId, subject } = record
    return { password, fields, userData, issuer, clientId, subject }
  }

  #read(id: string, kind: 'credential' | 'profile'): unknown {
    const row = this.#vault.database.prepare('SELECT data FROM sealed WHERE account = ? AND kind = ?').get(id, kind)
    if (row === undefined) return undefined
    return this.#vault.unseal({ kind, owner: id, field: kind }, row['data'] as Uint8Array)
  }

  #write(id: string, kind: 'credential' | 'profile', value: unknown): void {
    const data = this.#vault.seal({ kind, owner: id, field: kind }, value)
    this.#vault.database
      .prepare(
        'INSERT INTO sealed (account, kind, data) VALUES (?, ?, ?) ON CONFLICT (account, kind) DO UPDATE SET data = excluded.data',
      )
      .run(id, kind, data)
  }
}

function recordOf(row: Row): AccountRecord {
  return {
    account: Object.freeze({ id: text(row, 'id') ?? '', type: text(row, 'type') ?? '', name: text(row, 'name') ?? '' }),
    creator: text(row, 'creator') ?? '',
    previousName: text(row, 'previous_name'),
    login: text(row, 'login'),
    state: (text(row, 'state') ?? 'ok') as StoredState,
    reason: text(row, 'reason'),
    challenge: text(row, 'challenge'),
    transientCode: text(row, 'transient_code'),
    retryAt: number(row, 'retry_at'),
    failures: number(row, 'failures') ?? 0,
    doubtful: text(row, 'doubtful'),
    attention: row['attention'] === 1,
    createdAt: number(row, 'created_at') ?? 0,
    lastAuthenticatedAt: number(row, 'last_authenticated_at'),
    issuer: text(row, 'issuer'),
    clientId: text(row, 'client_id'),
    subject: text(row, 'subject'),
    generation: number(row, 'generation') ?? 1,
    credentialRevision: number(row, 'credential_revision') ?? 1,
  }
}

function text(row: Row, name: string): string | undefined {
  const value = row[name]
  return typeof value === 'string' ? value : undefined
}

function number(row: Row, name: string): number | undefined {
  const value = row[name]
  return typeof value === 'number' ? value : undefined
}
