import { type Account, AccountError, isAccountError } from '@accountry/accounts'
import { project } from '@accountry/accounts/contract'
import { checkObject } from '../arguments.ts'
import { Overdue, withinDeadline } from '../deadline.ts'
import { hostProcess } from '../host-process.ts'
import { type Refusal, refusalError } from '../refusal.ts'
import { SecretService, secretServiceFailure } from '../secret-service.ts'
import type { Keytar, KeytarCredential } from './keytar.ts'
import type { KeytarAccount, KeytarImportOptions, KeytarImportResult } from './keytar-import.ts'

/** Entries under this ending of the service name say that an entry was imported; they hold the account's id. */
const MARK_ENDING = `:imported-by-${project.keychainService}`

const LOCK_CHECK_DEADLINE_MS = 3000
/** keytar may ask the person for each entry of another program's. */
const CALL_DEADLINE_MS = 120_000

/** What `importFromKeytar` does. It is loaded only by an app that moves away from keytar. */
export async function importEntries(options: KeytarImportOptions): Promise<KeytarImportResult> {
  const { keytar, service, signal } = options
  await checkReadable(service, signal)
  const source = new KeytarSource(keytar, service, signal)
  const result = new ImportResult()
  for (const credential of await source.entries()) {
    if (signal?.aborted === true) throw new AccountError('ERR_ABORTED', 'the import was aborted; run it again to go on')
    await importEntry(credential, source, options, result)
  }
  return result
}

class ImportResult implements KeytarImportResult {
  readonly imported: Account[] = []
  readonly kept: Account[] = []
  readonly earlier: string[] = []
  readonly leftOut: string[] = []
  readonly failed: { entry: string; error: Error }[] = []
}

async function importEntry(
  credential: KeytarCredential,
  source: KeytarSource,
  options: KeytarImportOptions,
  result: ImportResult,
): Promise<void> {
  if (options.again !== true && (await source.isMarked(credential.account))) {
    result.earlier.push(credential.account)
    return
  }
  const target = await options.map(credential)
  if (target === undefined) {
    result.leftOut.push(credential.account)
    return
  }
  try {
    checkObject(target, 'what map returned')
    const { account, isSame } = await copied(credential, target, options)
    if (isSame) await source.mark(credential.account, account.id)
    result[isSame ? 'imported' : 'kept'].push(account)
  } catch (error) {
    if (!isOfThisEntry(error)) throw error
    result.failed.push({ entry: credential.account, error })
  }
}

/** `isSame` is false only for an account that was there before: what was copied now must be the same. */
async function copied(
  credential: KeytarCredential,
  target: KeytarAccount,
  { accounts }: KeytarImportOptions,
): Promise<{ account: Account; isSame: boolean }> {
  const { type, name, password = credential.password, ...rest } = target
  const present = await accounts.findAccount(type, name)
  const account =
    present ?? (await accounts.addAccountExplicitly({ type, name }, { ...rest, password, ifExists: 'keep' }))
  const isSame = (await accounts.getPassword(account)) === password
  if (isSame || present !== undefined) return { account, isSame }
  throw new AccountError('ERR_STORAGE_WRITE', `the credential of ${name} was stored and reads back as another one`, {
    account,
  })
}

/** Whether the next entry may fare better. */
function isOfThisEntry(error: unknown): error is Error {
  if (error instanceof TypeError || error instanceof RangeError) return true
  if (!isAccountError(error)) return false
  return !/^ERR_(VAULT_|STORAGE_WRITE|LOCK_TIMEOUT|ABORTED|CLOSED)/.test(error.code)
}

/** The entries of one service, and the marks beside them. keytar's failures may quote what it was given. */
class KeytarSource {
  readonly #keytar: Keytar
  readonly #service: string
  readonly #signal: AbortSignal | undefined

  constructor(keytar: Keytar, service: string, signal: AbortSignal | undefined) {
    this.#keytar = keytar
    this.#service = service
    this.#signal = signal
  }

  async entries(): Promise<KeytarCredential[]> {
    const found: unknown = await this.#ask('list', async (keytar) => await keytar.findCredentials(this.#service))
    if (!Array.isArray(found) || !found.every(isCredential)) {
      const what = `keytar listed something else than the entries of ${this.#service}`
      throw new AccountError('ERR_VAULT_UNAVAILABLE', `${what}; is it keytar 7?`)
    }
    return found
  }

  async isMarked(entry: string): Promise<boolean> {
    const service = this.#service + MARK_ENDING
    const mark = await this.#ask('read', async (keytar) => await keytar.getPassword(service, entry))
    return mark !== null && mark !== undefined
  }

  async mark(entry: string, accountId: string): Promise<void> {
    const service = this.#service + MARK_ENDING
    await this.#ask('mark', async (keytar) => await keytar.setPassword(service, entry, accountId))
  }

  async #ask<T>(what: string, call: (keytar: Keytar) => Promise<T>): Promise<T> {
    try {
      return await withinDeadline(CALL_DEADLINE_MS, this.#signal, async () => await call(this.#keytar))
    } catch (error) {
      if (isAccountError(error)) throw error
      throw new AccountError('ERR_VAULT_UNAVAILABLE', `keytar cannot ${what} the entries of ${this.#service}`, {
        cause: error,
      })
    }
  }
}

function isCredential(entry: unknown): entry is KeytarCredential {
  const { account, password } = (entry ?? {}) as Partial<KeytarCredential>
  return typeof account === 'string' && typeof password === 'string'
}

/** keytar ends the process when it lists the entries of a locked Secret Service: ask the service first. */
async function checkReadable(service: string, signal: AbortSignal | undefined): Promise<void> {
  const { platform, environment } = hostProcess()
  if (platform === 'darwin' || platform === 'win32') return
  const state = await withinDeadline(LOCK_CHECK_DEADLINE_MS, signal, async (inTime) => {
    const secrets = await SecretService.open(environment, inTime)
    try {
      return await secrets.stateOf({ service })
    } finally {
      secrets.close()
    }
  }).catch(refusalOf)
  if (state.kind !== 'readable' && state.kind !== 'absent') throw refusalError('read what keytar keeps', state)
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Overdue) return { kind: 'locked', why: 'the keychain did not answer in time' }
  const refusal = secretServiceFailure(error)
  if (refusal === undefined) throw error
  return refusal
}
