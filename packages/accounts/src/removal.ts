import type { Account } from './account.ts'
import type { Authenticator, Credential, CredentialContext } from './authenticator.ts'
import type { Engine } from './engine.ts'
import { isAccountError } from './errors.ts'
import { callPlugin } from './plugin-call.ts'
import type { AccountRecord, SealedCredential } from './vault/account-records.ts'

/** How long a revocation that could not be sent is kept. */
const OUTBOX_TTL_MS = 7 * 24 * 60 * 60 * 1_000
const RETRY_MS = 60_000
const LONGEST_RETRY_MS = 60 * 60_000
/** How long closing waits for a service that does not answer. */
const LONGEST_FAREWELL_MS = 3_000

interface OutboxRow {
  account: string
  type: string
  name: string
  issuer: string | null
  client_id: string | null
  subject: string | null
  data: Uint8Array
}

/**
 * Removes accounts: here first and durably, at the service afterwards and when it can be reached.
 *
 * The sealed credential moves to an outbox as it is, so that an account can be removed while the vault is locked.
 */
export class Removal {
  readonly #engine: Engine
  readonly #stopping = new AbortController()
  #sending: Promise<void> | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @returns Whether there was one. */
  async remove(record: AccountRecord): Promise<boolean> {
    const { account } = record
    const { vault, records } = this.#engine
    return await this.#engine.commit((announce) => {
      const current = records.get(account.id)
      if (current === undefined) return false
      this.#moveToOutbox(current)
      records.delete(account.id)
      vault.database.prepare('DELETE FROM default_account WHERE account = ?').run(account.id)
      announce({ event: 'account:removed', account: current.account })
      return true
    })
  }

  /** Sends what waits in the outbox for authenticators that are registered here. Never rejects. */
  sendRevocations(): Promise<void> {
    this.#sending ??= this.#send()
      .catch((error: unknown) =>
        this.#engine.log.warn('revocation.failed', { error: isAccountError(error) ? error.code : 'unknown' }),
      )
      .finally(() => {
        this.#sending = undefined
      })
    return this.#sending
  }

  /** Waits a moment for what is being sent, then gives up: it stays in the outbox for the next to open the vault. */
  async stop(): Promise<void> {
    if (this.#sending === undefined) return
    const timer = setTimeout(() => this.#stopping.abort(), LONGEST_FAREWELL_MS)
    await this.#sending
    clearTimeout(timer)
  }

  #moveToOutbox({ account, issuer, clientId, subject }: AccountRecord): void {
    this.#engine.vault.database
      .prepare(
        `INSERT OR REPLACE INTO revocation (account, type, name, issuer, client_id, subject, data, expires_at)
         SELECT ?, ?, ?, ?, ?, ?, data, ? FROM sealed WHERE account = ? AND kind = 'credential'`,
      )
      .run(
        account.id,
        account.type,
        account.name,
        issuer ?? null,
        clientId ?? null,
        subject ?? null,
        Math.trunc(this.#engine.clock.now() + OUTBOX_TTL_MS),
        account.id,
      )
  }

  async #send(): Promise<void> {
    const { vault, clock, authenticators } = this.#engine
    if (!vault.keyring.isOpen || vault.database.readOnly) return
    const now = Math.trunc(clock.now())
    const rows = vault.database
      .prepare('SELECT * FROM revocation WHERE retry_at <= ? OR expires_at <= ? ORDER BY account')
      .all(now, now) as unknown as (OutboxRow & { expires_at: number })[]
    for (const row of rows) {
      if (this.#stopping.signal.aborted) return
      const authenticator = authenticators.get(row.type)
      if (row.expires_at <= now || authenticator?.revoke === undefined) {
        if (row.expires_at <= now || authenticator !== undefined) await this.#forget(row.account)
        continue
      }
      if (await this.#claim(row.account, now)) await this.#revoke(row, authenticator)
    }
  }

  /** One process sends; the others see a later retry. */
  async #claim(account: string, now: number): Promise<boolean> {
    return await this.#engine.vault.database.write(() => {
      const sql = 'UPDATE revocation SET retry_at = ? WHERE account = ? AND retry_at <= ?'
      return Number(this.#engine.vault.database.prepare(sql).run(now + RETRY_MS, account, now).changes) > 0
    })
  }

  async #revoke(row: OutboxRow, authenticator: Authenticator): Promise<void> {
    const account: Account = { id: row.account, type: row.type, name: row.name }
    const sealed = this.#engine.vault.unseal({ kind: 'credential', owner: row.account, field: 'credential' }, row.data)
    try {
      await callPlugin(this.#engine, {
        type: row.type,
        account,
        what: `revoking the credential of ${row.name}`,
        timeoutMs: this.#engine.timeouts.authenticatorMs,
        interactive: false,
        isWaitedFor: true,
        signal: this.#stopping.signal,
        run: async (base) => {
          const context: CredentialContext = {
            ...base,
            credential: credentialOf(row, sealed as SealedCredential),
            replaceCredential: () => Promise.resolve({ durable: true }),
          }
          await authenticator.revoke?.(account, context)
        },
      })
    } catch (error) {
      if (isAccountError(error) && (error.retryable || error.code === 'ERR_ABORTED')) {
        if (error.retryAt !== undefined) await this.#postpone(row.account, error.retryAt)
        return
      }
      this.#engine.log.warn('revocation.refused', {
        type: row.type,
        code: isAccountError(error) ? error.code : 'unknown',
      })
    }
    await this.#forget(row.account)
  }

  /** The service said when to ask again; a header of a year would leave the credential alive for good. */
  async #postpone(account: string, retryAt: number): Promise<void> {
    const { database } = this.#engine.vault
    const at = Math.trunc(Math.min(retryAt, this.#engine.clock.now() + LONGEST_RETRY_MS))
    const sql = 'UPDATE revocation SET retry_at = max(retry_at, ?) WHERE account = ?'
    await database.write(() => database.prepare(sql).run(at, account))
  }

  async #forget(account: string): Promise<void> {
    const { database } = this.#engine.vault
    await database.write(() => database.prepare('DELETE FROM revocation WHERE account = ?').run(account))
  }
}

function credentialOf(row: OutboxRow, sealed: SealedCredential): Credential {
  return {
    password: sealed.password,
    fields: sealed.fields,
    userData: {},
    issuer: row.issuer ?? undefined,
    clientId: row.client_id ?? undefined,
    subject: row.subject ?? undefined,
  }
}
