import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { nodeSqlite } from '../builtin.ts'
import { AccountError } from '../errors.ts'
import { retryWhileBusy, sqliteCode } from './busy.ts'
import { fileIdentity, GONE } from './file-identity.ts'
import { checkOwnFile, repairModes } from './folder.ts'
import { Statement } from './statement.ts'
import { storageError } from './storage-error.ts'
import { type Transactions, WriteQueue } from './write-queue.ts'

const SQLITE_READONLY = 8
const SQLITE_CANTOPEN = 14
const DEFAULT_WRITE_MS = 5_000

export interface DatabaseOptions {
  readonly file: string
  /** How long a busy database is waited for. Default 5 000. */
  readonly writeMs?: number
  /** Each brings the schema from version `index` to `index + 1`; within a major version they only add. */
  readonly migrations: readonly string[]
  /** `PRAGMA application_id`: tells our file from any other SQLite file. */
  readonly applicationId: number
  /** The file was made before: one without a schema is damaged, and gets none. Default `false`. */
  readonly isKnown?: boolean
}

/**
 * One SQLite file, shared with other processes: WAL, every commit synced to the disk, private modes.
 *
 * While a process has it open, it touches the file only through this: closing any other descriptor of it would
 * drop POSIX locks. SQLite itself never waits (`timeout: 0`), so it never blocks the event loop.
 */
export class Database {
  readonly file: string
  /** The disk is read-only: what is there can be read, every write is `ERR_STORAGE_WRITE`. */
  readonly readOnly: boolean
  readonly #connection: DatabaseSync
  readonly #writeMs: number
  readonly #statements = new Map<string, Statement>()
  readonly #queue: WriteQueue
  /** Which file was opened: a path may come to mean another one. */
  readonly #identity: string | undefined
  #isAbandoned = false
  #dataVersion: Statement | undefined

  private constructor(file: string, connection: DatabaseSync, writeMs: number, readOnly: boolean) {
    this.file = file
    this.readOnly = readOnly
    this.#identity = fileIdentity(file)
    this.#connection = connection
    this.#writeMs = writeMs
    this.#queue = new WriteQueue(transactionsOf(connection, () => this.#checkOpen()))
  }

  /**
   * Opens the file, creating it when absent, and migrates its schema.
   *
   * @throws AccountError `ERR_VAULT_CORRUPT`, `ERR_VAULT_NEWER`, `ERR_VAULT_UNAVAILABLE`, `ERR_STORAGE_WRITE`.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { file, writeMs = DEFAULT_WRITE_MS } = options
    // Those beside it as well: SQLite would follow a link, or call what stands in its way a broken disk.
    for (const part of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) await checkOwnFile(part)
    const { DatabaseSync } = nodeSqlite()
    try {
      const connection = await retryWhileBusy(() => connect(new DatabaseSync(file, { timeout: 0 }), options), {
        what: `opening ${file}`,
        withinMs: writeMs,
      })
      const database = new Database(file, connection, writeMs, false)
      await database.#migrate(options).catch((error: unknown) => {
        database.close()
        throw error
      })
      await repairModes(dirname(file), [file, `${file}-wal`, `${file}-shm`])
      return database
    } catch (error) {
      const code = sqliteCode(error)
      if (code === SQLITE_READONLY || code === SQLITE_CANTOPEN) return openReadOnly(options)
      throw storageError(file, error)
    }
  }

  /** Used by {@link Database.open} when the disk cannot be written. */
  static readOnly(file: string, connection: DatabaseSync): Database {
    return new Database(file, connection, DEFAULT_WRITE_MS, true)
  }

  /** A statement, compiled once per text. */
  prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#compile(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  /** Runs statements that return nothing and take no parameters. */
  exec(sql: string): void {
    try {
      this.#connection.exec(sql)
    } catch (error) {
      throw storageError(this.file, error)
    }
  }

  /** Runs a synchronous function that reads, in one snapshot, waiting while SQLite is busy. */
  async read<T>(run: () => T): Promise<T> {
    this.#checkOpen()
    try {
      return await retryWhileBusy(() => this.#inSnapshot(run), this.#patience('reading'))
    } catch (error) {
      throw storageError(this.file, error)
    }
  }

  /**
   * Runs a synchronous function in one write transaction, waiting while another process writes. Writes of this process
   * happen in the order in which they were asked for; those that wait together share one sync of the disk.
   *
   * When this resolves the change is on the disk; when it rejects nothing of it is.
   *
   * @param options.alone Shares its transaction with no other write. Default `false`.
   * @throws AccountError `ERR_STORAGE_WRITE` (`busy`, `disk_full`, `read_only`, `io`).
   */
  async write<T>(run: () => T, options: { signal?: AbortSignal; alone?: boolean } = {}): Promise<T> {
    this.#checkOpen()
    const patience = { ...this.#patience('writing'), signal: options.signal, from: performance.now() }
    try {
      return await this.#queue.add(run, patience, options.alone)
    } catch (error) {
      throw storageError(this.file, error)
    }
  }

  /** A number that changes when another connection has committed. */
  dataVersion(): number {
    this.#dataVersion ??= this.#compile('PRAGMA data_version')
    return Number((this.#dataVersion.get() as { data_version: number }).data_version)
  }

  get isOpen(): boolean {
    return this.#connection.isOpen && !this.#isAbandoned
  }

  /** The file was deleted, or another one was put in its place: what is written now would be lost, or do harm. */
  get isReplaced(): boolean {
    const present = fileIdentity(this.file)
    if (present === undefined || present === GONE) return present === GONE
    return this.#identity !== undefined && present !== this.#identity
  }

  close(): void {
    this.#statements.clear()
    this.#dataVersion = undefined
    if (!this.#connection.isOpen) return
    // Closing would write our log into the file that stands there now; the kernel closes ours when the process ends.
    if (this.isReplaced) this.#isAbandoned = true
    else this.#connection.close()
  }

  #checkOpen(): void {
    if (!this.isOpen) throw new AccountError('ERR_CLOSED', `${this.file} was closed meanwhile; open it again`)
  }

  #compile(sql: string): Statement {
    this.#checkOpen()
    try {
      return new Statement(this.file, this.#connection.prepare(sql))
    } catch (error) {
      throw storageError(this.file, error)
    }
  }

  #patience(what: string): { what: string; withinMs: number } {
    return { what: `${what} ${this.file}`, withinMs: this.#writeMs }
  }

  #inSnapshot<T>(run: () => T): T {
    this.#checkOpen()
    this.#connection.exec('BEGIN')
    try {
      return run()
    } finally {
      if (this.#connection.isTransaction) this.#connection.exec('COMMIT')
    }
  }

  async #migrate(options: DatabaseOptions): Promise<void> {
    const version = this.#schemaVersion(options)
    if (version === options.migrations.length) return
    if (version === 0 && options.isKnown === true) {
      throw new AccountError('ERR_VAULT_CORRUPT', `${this.file} has lost its content; nothing was changed`, {
        reason: 'damaged',
      })
    }
    await this.write(() => {
      const from = this.#schemaVersion(options)
      for (const migration of options.migrations.slice(from)) this.exec(migration)
      if (from < options.migrations.length) this.exec(`PRAGMA user_version = ${options.migrations.length}`)
      if (from === 0) this.exec(`PRAGMA application_id = ${options.applicationId}`)
    })
  }

  #schemaVersion({ migrations }: DatabaseOptions): number {
    const version = Number((this.prepare('PRAGMA user_version').get() as { user_version: number }).user_version)
    // A newer minor version only added tables and columns; what this version needs is there.
    return Math.min(version, migrations.length)
  }
}

function transactionsOf(connection: DatabaseSync, checkOpen: () => void): Transactions {
  return {
    get isOpen() {
      return connection.isTransaction
    },
    begin() {
      checkOpen()
      connection.exec('BEGIN IMMEDIATE')
    },
    part(run) {
      connection.exec('SAVEPOINT part')
      try {
        const result = run()
        connection.exec('RELEASE part')
        return result
      } catch (error) {
        undoPart(connection)
        throw error
      }
    },
    commit: () => connection.exec('COMMIT'),
    rollback: () => rollBack(connection),
  }
}

/** Half a change must not be committed with the others: where its part cannot be undone, all of them go. */
function undoPart(connection: DatabaseSync): void {
  try {
    if (connection.isTransaction) connection.exec('ROLLBACK TO part; RELEASE part')
  } catch {
    rollBack(connection)
  }
}

function rollBack(connection: DatabaseSync): void {
  try {
    if (connection.isTransaction) connection.exec('ROLLBACK')
  } catch {
    // What made the write fail is what the caller hears; SQLite gives the rest up with the next BEGIN.
  }
}

function connect(connection: DatabaseSync, options: DatabaseOptions): DatabaseSync {
  try {
    checkIsOurs(connection, options)
    connection.exec('PRAGMA trusted_schema = OFF')
    connection.exec('PRAGMA foreign_keys = ON')
    connection.exec('PRAGMA secure_delete = ON')
    connection.exec('PRAGMA journal_mode = WAL')
    connection.exec('PRAGMA synchronous = FULL')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Before anything is changed: a file of another program stays as it is, byte for byte. */
function checkIsOurs(connection: DatabaseSync, { file, applicationId }: DatabaseOptions): void {
  const id = (connection.prepare('PRAGMA application_id').get() as { application_id: number }).application_id
  if (id === applicationId) return
  const { objects } = connection.prepare('SELECT count(*) AS objects FROM sqlite_schema').get() as { objects: number }
  if (id === 0 && objects === 0) return
  throw new AccountError('ERR_VAULT_CORRUPT', `${file} is an SQLite file of another program; nothing was changed`, {
    reason: 'not_a_vault',
  })
}

function openReadOnly({ file }: DatabaseOptions): Database {
  try {
    // Without a WAL nothing can be pending, so the file may be read without shared memory and locks.
    const immutable = existsSync(`${file}-wal`) ? '' : '&immutable=1'
    const { DatabaseSync: Connection } = nodeSqlite()
    const connection = new Connection(`${pathToFileURL(file).href}?mode=ro${immutable}`, { readOnly: true, timeout: 0 })
    connection.prepare('SELECT count(*) FROM sqlite_schema').get()
    return Database.readOnly(file, connection)
  } catch (error) {
    throw storageError(file, error)
  }
}
