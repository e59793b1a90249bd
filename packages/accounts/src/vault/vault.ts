import { existsSync, writeFileSync } from 'node:fs'
import { nodeCrypto } from '../builtin.ts'
import { AccountError, isAccountError } from '../errors.ts'
import type { KeyProtection, KeyRequestOptions } from '../key-provider.ts'
import { Database } from '../storage/database.ts'
import { Doorbell } from '../storage/doorbell.ts'
import { checkOwnFile, FILE_MODE, folderError, isErrno, openPrivateFolder } from '../storage/folder.ts'
import { Leases } from '../storage/leases.ts'
import { Liveness } from '../storage/liveness.ts'
import { storageError, writeError } from '../storage/storage-error.ts'
import { ChangeFeed } from './change-feed.ts'
import { underInitLock } from './init-lock.ts'
import type { Recipient } from './key-providers.ts'
import { Keyring } from './keyring.ts'
import { checkNotLost, checkNotTruncated, checkWholeIfInterrupted, setAside } from './recovery.ts'
import { APPLICATION_ID, FORMAT, MIGRATIONS } from './schema.ts'
import { type SealedPlace, sealedPlace } from './sealed-place.ts'
import { fingerprint, seal, UnsealError, unseal } from './sealing.ts'
import { type VaultFiles, vaultFiles } from './vault-files.ts'

export interface VaultOptions {
  readonly directory: string
  readonly recipients: readonly Recipient[]
  readonly minProtection?: KeyProtection | undefined
  readonly recover: boolean
  readonly allowNetworkFileSystem: boolean
  readonly writeMs: number
  /** How long another process may take to make the vault. */
  readonly initMs: number
  readonly now: () => number
}

/** How long another process's prompt is waited for: a little longer than the prompt itself may stay open. */
const PROMPT_WAIT_MS = 130_000

interface Opening {
  readonly holdsInitLock: boolean
  readonly setAsideTo: string
}

/** The opened store: its database, its keys, and what processes coordinate with. */
export class Vault {
  readonly files: VaultFiles
  readonly id: string
  readonly database: Database
  readonly keyring: Keyring
  readonly feed: ChangeFeed
  readonly doorbell: Doorbell
  /** The file to which a damaged vault was moved at this opening. */
  readonly setAsideTo: string | undefined
  readonly #initMs: number
  #holdsInitLock = false
  #liveness: Liveness | undefined
  #leases: Leases | undefined

  private constructor(options: VaultOptions, files: VaultFiles, database: Database, setAsideTo: string | undefined) {
    this.files = files
    this.#initMs = options.initMs
    this.database = database
    this.setAsideTo = setAsideTo
    this.id = readHeader(database, 'vault') ?? ''
    this.keyring = new Keyring({
      database,
      vaultId: this.id,
      recipients: options.recipients,
      minProtection: options.minProtection,
      now: options.now,
      exclusively: (task) => this.#exclusively(task),
    })
    this.feed = new ChangeFeed(database, nodeCrypto().randomBytes(8).toString('hex'), options.now)
    this.doorbell = new Doorbell(files.doorbell)
  }

  /** Opens the vault, making it when this is the first time. Resolves also when its key cannot be had now. */
  static async open(options: VaultOptions): Promise<Vault> {
    const { allowNetworkFileSystem } = options
    const files = vaultFiles(openPrivateFolder(options.directory, { allowNetworkFileSystem }))
    if (existsSync(files.marker) && !options.recover) return await openExisting(options, files, {})
    return await underInitLock(files.initLock, options.initMs, async () => {
      try {
        return await openExisting(options, files, { holdsInitLock: true })
      } catch (error) {
        if (!options.recover || !isAccountError(error) || error.code !== 'ERR_VAULT_CORRUPT') throw error
        const setAsideTo = setAside(files, options.now())
        return await openExisting(options, files, { holdsInitLock: true, setAsideTo })
      }
    })
  }

  /** Used by {@link Vault.open}. */
  static async assemble(
    options: VaultOptions,
    files: VaultFiles,
    database: Database,
    opening: Partial<Opening>,
  ): Promise<Vault> {
    const vault = new Vault(options, files, database, opening.setAsideTo)
    vault.#holdsInitLock = opening.holdsInitLock === true
    try {
      await vault.unlock({})
      return vault
    } finally {
      vault.#holdsInitLock = false
    }
  }

  /** @returns Whether the vault is unlocked now. */
  async unlock(request: KeyRequestOptions): Promise<boolean> {
    // One process at a time may raise a prompt; after it the others find the keychain unlocked.
    const mayPrompt = request.interaction === 'allow' && !this.#holdsInitLock
    const open = mayPrompt
      ? await underInitLock(this.files.initLock, PROMPT_WAIT_MS, async () => await this.#unlockHolding(request))
      : await this.keyring.unlock(request)
    // The marker comes last: without it the next one to open holds the init lock and can make the first key.
    if (open) writeMarker(this.files)
    return open
  }

  async #unlockHolding(request: KeyRequestOptions): Promise<boolean> {
    this.#holdsInitLock = true
    try {
      return await this.keyring.unlock(request)
    } finally {
      this.#holdsInitLock = false
    }
  }

  get leases(): Leases {
    this.#leases ??= new Leases(this.database, this.liveness)
    return this.#leases
  }

  get liveness(): Liveness {
    if (this.database.readOnly) throw writeError(this.database.file, { code: 'EROFS' })
    try {
      if (this.#liveness !== undefined) return this.#liveness
      this.#liveness = Liveness.open(this.files.alive)
      this.#liveness.sweep()
      return this.#liveness
    } catch (error) {
      throw writeError(this.files.alive, error)
    }
  }

  /** @throws AccountError `ERR_VAULT_LOCKED` or `ERR_VAULT_KEY_LOST` while the key is not there. */
  seal(place: SealedPlace, value: unknown): Uint8Array {
    // Another process may have rotated the key: a record under the old one could never be opened again.
    this.keyring.catchUp()
    return seal(this.keyring.recordKey, Buffer.from(JSON.stringify(value)), this.#place(place))
  }

  /** @throws AccountError also `ERR_VAULT_CORRUPT` when the record was damaged or moved. */
  unseal(place: SealedPlace, sealed: Uint8Array): unknown {
    const before = this.keyring.keyId
    try {
      return this.#opened(place, sealed)
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error
      this.keyring.catchUp()
      if (this.keyring.keyId !== before) return this.#opened(place, sealed)
      throw damagedRecord(place)
    }
  }

  /** The vault that was opened is not there any more, or another one is. @throws AccountError `ERR_VAULT_UNAVAILABLE`. */
  checkInPlace(): void {
    if (!this.database.isReplaced) return
    throw new AccountError(
      'ERR_VAULT_UNAVAILABLE',
      `${this.database.file} was deleted or replaced while it was open, so nothing more is written; open the vault again`,
      { reason: 'missing' },
    )
  }

  /** A newer program may have changed the format under this one. @throws AccountError `ERR_VAULT_NEWER`. */
  checkFormat(): void {
    const format = Number(readHeader(this.database, 'format'))
    if (format > FORMAT) throw newerFormat(this.database.file, format)
  }

  fingerprint(secret: string): string {
    // Another process may have rotated the key: under the old one nothing would be found.
    this.keyring.catchUp()
    return fingerprint(this.keyring.fingerprintKey, secret)
  }

  close(): void {
    this.doorbell.close()
    this.#liveness?.close()
    this.database.close()
    this.keyring.forget()
  }

  async #exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#holdsInitLock ? await task() : await underInitLock(this.files.initLock, this.#initMs, task)
  }

  #opened(place: SealedPlace, sealed: Uint8Array): unknown {
    return JSON.parse(Buffer.from(unseal(this.keyring.recordKey, sealed, this.#place(place))).toString('utf8'))
  }

  #place(place: SealedPlace): string[] {
    return sealedPlace(this.id, this.keyring.keyId, place)
  }
}

async function openExisting(options: VaultOptions, files: VaultFiles, opening: Partial<Opening>): Promise<Vault> {
  // A link or a folder in its place is no damage: nothing has to be restored or set aside.
  await checkOwnFile(files.database)
  checkReadable(files)
  const database = await Database.open({
    file: files.database,
    writeMs: options.writeMs,
    migrations: MIGRATIONS,
    applicationId: APPLICATION_ID,
    isKnown: existsSync(files.marker),
  })
  try {
    if (!database.readOnly) checkNotTruncated(database)
    checkWholeIfInterrupted(database)
    await ensureHeader(database, options.now())
    return await Vault.assemble(options, files, database, opening)
  } catch (error) {
    database.close()
    throw error
  }
}

/** @throws AccountError `ERR_VAULT_CORRUPT`. */
function checkReadable(files: VaultFiles): void {
  try {
    checkNotLost(files)
  } catch (error) {
    throw storageError(files.database, error)
  }
}

async function ensureHeader(database: Database, now: number): Promise<void> {
  const format = readHeader(database, 'format')
  if (format === undefined) {
    await database.write(() => {
      const insert = database.prepare('INSERT OR IGNORE INTO header (name, value) VALUES (?, ?)')
      insert.run('vault', nodeCrypto().randomBytes(16).toString('hex'))
      insert.run('createdAt', String(Math.trunc(now)))
      insert.run('format', String(FORMAT))
    })
  } else if (Number(format) > FORMAT) {
    throw newerFormat(database.file, Number(format))
  }
}

/** What is sealed at `place` cannot be opened with the key of the vault. */
export function damagedRecord({ kind, owner }: SealedPlace): AccountError {
  return new AccountError(
    'ERR_VAULT_CORRUPT',
    `the ${kind} of account ${owner} is damaged or was moved; nothing was changed. Sign in again to replace it`,
    { reason: 'damaged', action: 'sign-in' },
  )
}

function newerFormat(file: string, format: number): AccountError {
  return new AccountError(
    'ERR_VAULT_NEWER',
    `the vault ${file} was made by a newer version (format ${format}, this one knows ${FORMAT}); update this app`,
    { reason: 'newer' },
  )
}

function readHeader(database: Database, name: string): string | undefined {
  const row = database.prepare('SELECT value FROM header WHERE name = ?').get(name)
  return (row as { value: string } | undefined)?.value
}

function writeMarker(files: VaultFiles): void {
  try {
    writeFileSync(files.marker, '', { mode: FILE_MODE, flag: 'wx' })
  } catch (error) {
    if (!isErrno(error, 'EEXIST') && !isErrno(error, 'EROFS')) throw folderError(files.marker, error)
  }
}
