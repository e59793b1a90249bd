import { type Account, type AccountRef, checkedName, kindOf } from './account.ts'
import { AccountStore } from './account-store.ts'
import { checkedNewAccount } from './answers.ts'
import { checkAccounts } from './arguments/account-arguments.ts'
import { checkObject, checkOneOf, checkText } from './arguments/checks.ts'
import type { NewAccount } from './authenticator.ts'
import type { CredentialWriter } from './credential-writer.ts'
import type { Engine } from './engine.ts'
import { isAccountError } from './errors.ts'
import { checkExportKey, decryptedExport, encryptedExport, invalid } from './sealed-export.ts'
import type { AccountRecord } from './vault/account-records.ts'

const FORMAT = 1

/** One account in an export. Access tokens are left out: they are renewed, and a copy would only be one more to lose. */
interface ExportedAccount extends NewAccount {
  readonly type: string
  readonly generation: number
}

export interface ImportResult {
  readonly added: readonly Account[]
  readonly updated: readonly Account[]
  /** Here already, and left as they are. */
  readonly kept: readonly Account[]
}

interface ImportOptions {
  readonly key: Uint8Array
  readonly ifExists?: 'keep' | 'update'
}

/** What an import would do, before it does it. */
export interface ImportPlan {
  readonly add: readonly Pick<Account, 'type' | 'name'>[]
  readonly update: readonly Account[]
  /** Here already, and would be left as they are. */
  readonly keep: readonly Account[]
}

/** Moves accounts between vaults, as an encrypted and authenticated text. */
export class Transfer {
  readonly #engine: Engine
  readonly #credentials: CredentialWriter
  readonly #store: AccountStore

  constructor(engine: Engine, credentials: CredentialWriter) {
    this.#engine = engine
    this.#credentials = credentials
    this.#store = new AccountStore(engine)
  }

  /** @throws AccountError `ERR_DENIED` for an account of somebody else, `ERR_VAULT_LOCKED`. */
  async export(options: { key: Uint8Array; accounts?: readonly AccountRef[] }): Promise<string> {
    checkObject(options, 'options')
    const { key, accounts: wanted } = options
    checkExportKey(key)
    if (wanted !== undefined) checkAccounts(wanted, 'accounts')
    this.#engine.attend()
    const { index, sight } = this.#engine
    const records =
      wanted?.map((account) => this.#engine.requireOwned(account, 'export')) ??
      [...index.all()].filter((record) => sight.isOwned(record))
    return this.#sealed(records, key)
  }

  #sealed(records: readonly AccountRecord[], key: Uint8Array): string {
    const accounts = records.map((record): ExportedAccount => {
      const { password, fields, userData, issuer, clientId, subject } = this.#credentials.read(record)
      const { claims } = this.#engine.records.readProfile(record.account.id)
      const { type, name } = record.account
      return {
        type,
        name,
        generation: record.generation,
        password,
        fields,
        userData,
        issuer,
        clientId,
        subject,
        claims,
      }
    })
    return encryptedExport({ format: FORMAT, exportedAt: this.#engine.clock.now(), accounts }, key)
  }

  /**
   * Adds what is not here. What is here is left alone, unless `'update'` is asked for and the export is newer.
   *
   * @throws AccountError `ERR_IMPORT_INVALID`; all or nothing.
   */
  async import(jwe: string, options: ImportOptions): Promise<ImportResult> {
    const { accounts, ifExists } = this.#opened(jwe, options)
    return await this.#engine.commit((announce) => {
      const result = { added: [] as Account[], updated: [] as Account[], kept: [] as Account[] }
      const count = this.#store.count()
      for (const { type, generation, ...fresh } of accounts) {
        const existing = this.#existing(type, fresh)
        const content = { ...fresh, isAuthenticated: false }
        if (existing === undefined)
          result.added.push(this.#store.insert(type, fresh.name, content, announce, count + result.added.length))
        else if (isReplaced(existing, generation, ifExists))
          result.updated.push(this.#store.update(existing, content, announce))
        else result.kept.push(existing.account)
      }
      return result
    })
  }

  /** What {@link Transfer.import} would do now. @throws AccountError `ERR_IMPORT_INVALID`. */
  async plan(jwe: string, options: ImportOptions): Promise<ImportPlan> {
    const { accounts, ifExists } = this.#opened(jwe, options)
    const plan = { add: [] as Pick<Account, 'type' | 'name'>[], update: [] as Account[], keep: [] as Account[] }
    for (const { type, generation, ...fresh } of accounts) {
      const existing = this.#existing(type, fresh)
      if (existing === undefined) plan.add.push({ type, name: fresh.name })
      else if (isReplaced(existing, generation, ifExists)) plan.update.push(existing.account)
      else plan.keep.push(existing.account)
    }
    return plan
  }

  #opened(jwe: string, options: ImportOptions): { accounts: ExportedAccount[]; ifExists: 'keep' | 'update' } {
    checkText(jwe, 'jwe')
    checkObject(options, 'options')
    const { key, ifExists = 'keep' } = options
    checkExportKey(key)
    checkOneOf(ifExists, 'ifExists', ['keep', 'update'])
    this.#engine.attend()
    const accounts = checkedExport(decryptedExport(jwe, key))
    for (const { type } of accounts) this.#engine.checkOwner(type, 'import')
    return { accounts, ifExists }
  }

  #existing(type: string, fresh: NewAccount): AccountRecord | undefined {
    const { records } = this.#engine
    const { issuer, subject, name } = fresh
    const known =
      issuer !== undefined && subject !== undefined ? records.findByIdentity(type, issuer, subject) : undefined
    return known ?? records.findByName(type, name)
  }
}

/** A refresh token of an earlier generation was rotated away; putting it back would end the grant. */
function isReplaced(existing: AccountRecord, generation: number, ifExists: 'keep' | 'update'): boolean {
  return ifExists === 'update' && generation > existing.generation
}

function checkedExport(content: unknown): ExportedAccount[] {
  const { format, accounts } = (content ?? {}) as { format?: unknown; accounts?: unknown }
  if (format !== FORMAT) throw invalid(`its format is ${kindOf(format)} and not ${FORMAT}`)
  if (!Array.isArray(accounts)) throw invalid('it has no list of accounts')
  return accounts.map((account: unknown) => {
    const { type, generation } = (account ?? {}) as { type?: unknown; generation?: unknown }
    try {
      const name = checkedName(type, 'type')
      return { ...checkedNewAccount(account, name), type: name, generation: Number(generation) || 0 }
    } catch (error) {
      if (isAccountError(error) || error instanceof TypeError) throw invalid('one of its accounts is not usable')
      throw error
    }
  })
}
