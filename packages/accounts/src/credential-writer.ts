import type { Account } from './account.ts'
import { checkedUpdate } from './answers.ts'
import type { AuthenticatorContext, Credential, CredentialContext, CredentialUpdate } from './authenticator.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import type { AccountRecord, SealedCredential } from './vault/account-records.ts'

const RETRY_SAVE_MS = 1_000

/** A credential that the disk refused: newer than what is stored. */
interface Unsaved {
  readonly generation: number
  readonly credential: Credential
  readonly claims: Record<string, unknown> | undefined
}

/**
 * Reads and replaces credentials under compare-and-set on the generation.
 *
 * What the disk refuses stays in memory and is used and saved again from there: a rotated refresh token exists
 * nowhere else.
 */
export class CredentialWriter {
  readonly #engine: Engine
  readonly #unsaved = new Map<string, Unsaved>()
  #cancelRetry: (() => void) | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0
  }

  read(record: AccountRecord): Credential {
    const unsaved = this.#unsaved.get(record.account.id)
    return unsaved?.generation === record.generation ? unsaved.credential : this.#engine.records.credentialFor(record)
  }

  /**
   * Stores what an authenticator received. Skipped when nothing changed.
   *
   * @param generation The one that was read under the lease.
   * @returns The generation that is valid now, and whether it is on the disk.
   * @throws AccountError `ERR_ABORTED` (`superseded`, `account_removed`).
   */
  async replace(
    account: Account,
    generation: number,
    update: CredentialUpdate,
  ): Promise<{ durable: boolean; generation: number; credential: Credential }> {
    const record = this.#engine.records.get(account.id)
    if (record === undefined) throw superseded(account, 'account_removed')
    if (record.generation !== generation) throw superseded(account, 'superseded')
    const before = this.#engine.vault.keyring.finishing(() => this.read(record))
    const checked = checkedUpdate(update, account.type)
    const credential = merged(before, checked)
    if (checked.claims === undefined && isSame(before, credential)) return { durable: true, generation, credential }
    const next: Unsaved = { generation: generation + 1, credential, claims: checked.claims }
    try {
      await this.#save(account, generation, next)
      this.#unsaved.delete(account.id)
      return { durable: true, generation: next.generation, credential }
    } catch (error) {
      if (!isAccountError(error) || error.code !== 'ERR_STORAGE_WRITE') throw error
      this.#keep(account, { ...next, generation })
      return { durable: false, generation, credential }
    }
  }

  /** What a plugin gets to see and may replace, as often as it likes: each time the next generation is its own. */
  contextFor(base: AuthenticatorContext, record: AccountRecord): CredentialContext {
    let { generation } = record
    return {
      ...base,
      credential: this.read(record),
      replaceCredential: async (update) => {
        const replaced = await this.replace(record.account, generation, update)
        generation = replaced.generation
        return { durable: replaced.durable }
      },
    }
  }

  /** Tries to save what the disk refused. @throws AccountError `ERR_STORAGE_WRITE`. */
  async saveUnsaved(): Promise<void> {
    for (const [id, unsaved] of this.#unsaved) {
      const record = this.#engine.records.get(id)
      if (record?.generation === unsaved.generation) {
        await this.#save(record.account, unsaved.generation, { ...unsaved, generation: unsaved.generation + 1 })
      }
      this.#unsaved.delete(id)
    }
  }

  stop(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  async #save(account: Account, generation: number, next: Unsaved): Promise<void> {
    const { records } = this.#engine
    await this.#engine.commit((announce) => {
      const current = records.get(account.id)
      if (current === undefined) throw superseded(account, 'account_removed')
      if (current.generation !== generation) throw superseded(account, 'superseded')
      const { password, fields, issuer, clientId, subject } = next.credential
      const sealed: SealedCredential = { password, fields }
      records.writeCredential(account.id, sealed)
      const profile = records.readProfile(account.id)
      records.writeProfile(account.id, { userData: next.credential.userData, claims: next.claims ?? profile.claims })
      records.update(account.id, {
        generation: next.generation,
        issuer: issuer ?? null,
        client_id: clientId ?? null,
        subject: subject ?? null,
      })
      announce({ event: 'account:state', account })
    })
  }

  #keep(account: Account, unsaved: Unsaved): void {
    this.#unsaved.set(account.id, unsaved)
    this.#engine.events.emit('vault:warning', {
      revision: this.#engine.revision,
      at: this.#engine.clock.now(),
      problem: {
        code: 'ERR_STORAGE_WRITE',
        message: `the renewed credential of ${account.name} (${account.type}) could not be saved and is kept in memory`,
        fix: 'Free some disk space and keep this app running until it is saved.',
      },
    })
    this.#retryLater()
  }

  #retryLater(): void {
    if (this.#cancelRetry !== undefined) return
    this.#cancelRetry = this.#engine.clock.setTimer(() => {
      this.#cancelRetry = undefined
      this.saveUnsaved().catch(() => this.#retryLater())
    }, RETRY_SAVE_MS)
  }
}

function merged(before: Credential, update: CredentialUpdate): Credential {
  return {
    password: update.password ?? before.password,
    userData: withChanges(before.userData, update.userData),
    fields: withChanges(before.fields, update.fields),
    issuer: update.issuer ?? before.issuer,
    clientId: update.clientId ?? before.clientId,
    subject: update.subject ?? before.subject,
  }
}

function withChanges(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>> | undefined,
): Record<string, string> {
  const entries = Object.entries({ ...before, ...changes })
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function isSame(a: Credential, b: Credential): boolean {
  const binding = (c: Credential) => [c.password, c.issuer, c.clientId, c.subject, sorted(c.userData), sorted(c.fields)]
  return JSON.stringify(binding(a)) === JSON.stringify(binding(b))
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Somebody changed or removed the account while the authenticator was away. */
export function superseded(account: Account, reason: 'superseded' | 'account_removed'): AccountError {
  const what = reason === 'superseded' ? 'got a new credential' : 'was removed'
  return new AccountError(
    'ERR_ABORTED',
    `${account.name} (${account.type}) ${what} while its token was renewed; the late answer was not stored`,
    { reason, account },
  )
}
