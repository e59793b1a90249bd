import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Database, Doorbell, Liveness } from '@accountry/accounts/foundation'
import { checkObject } from '../checks.ts'
import type { OperationStore } from '../operation-store.ts'
import { checkDurations, checkedAuthority } from '../sync-request.ts'
import { one, text } from './columns.ts'
import { checkTables, isDamage, setAside } from './damage.ts'
import { journalTable } from './journal-table.ts'
import { operationTable } from './operation-table.ts'
import { periodicTable } from './periodic-table.ts'
import { SYNC_APPLICATION_ID, SYNC_MIGRATIONS } from './schema.ts'
import { serviceTable } from './service-table.ts'
import { targetTable } from './target-table.ts'

export interface SqliteStoreOptions {
  /** Folder of `sync.db`; made when absent. */
  readonly directory: string
  /** How long a write waits for another process. Default 5 000. */
  readonly writeMs?: number
  /** Told when a damaged database was put out of the way. */
  readonly onSetAside?: (damaged: SetAside) => void
}

/** Holds the indexes of a hundred thousand targets, so that a look-up does not read the disk. Taken only as it is filled. */
const CACHE_KIB = 32_768

/** A damaged database that was put out of the way. */
export interface SetAside {
  readonly file: string
  readonly keptAs: string
}

/** What `openSqliteStore` does; loaded with the first store that is opened. */
export async function openStore(options: SqliteStoreOptions): Promise<OperationStore> {
  checkObject(options, 'options')
  const { directory } = options
  checkedAuthority(directory, 'directory')
  checkDurations('', { writeMs: options.writeMs })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const database = await openDatabase(options)
  try {
    return new SqliteStore(database, directory)
  } catch (error) {
    database.close()
    throw error
  }
}

async function openDatabase(options: SqliteStoreOptions): Promise<Database> {
  const { directory, writeMs } = options
  const file = join(directory, 'sync.db')
  const open = async (): Promise<Database> => {
    const database = await Database.open({
      file,
      migrations: SYNC_MIGRATIONS,
      applicationId: SYNC_APPLICATION_ID,
      ...(writeMs !== undefined && { writeMs }),
    })
    try {
      database.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
      checkTables(database)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  }
  try {
    return await open()
  } catch (error) {
    if (!isDamage(error)) throw error
    const keptAs = await setAside(directory, file, open)
    if (keptAs !== undefined) options.onSetAside?.({ file, keptAs })
    return open()
  }
}

class SqliteStore implements OperationStore {
  readonly services: OperationStore['services']
  readonly targets: OperationStore['targets']
  readonly operations: OperationStore['operations']
  readonly periodics: OperationStore['periodics']
  readonly journal: OperationStore['journal']
  readonly #database: Database
  /** Absent on a read-only disk: nothing can be claimed there, by anybody. */
  readonly #liveness: Liveness | undefined
  readonly #doorbell: Doorbell

  constructor(database: Database, directory: string) {
    this.#database = database
    this.#liveness = database.readOnly ? undefined : Liveness.open(join(directory, 'sync-alive'))
    this.#liveness?.sweep()
    this.#doorbell = new Doorbell(join(directory, 'sync-bell'))
    this.services = serviceTable(database)
    this.targets = targetTable(database)
    this.operations = operationTable(database)
    this.periodics = periodicTable(database)
    this.journal = journalTable(database)
  }

  get owner(): string {
    return this.#liveness?.owner ?? 'nobody'
  }

  getMeta(name: string): string | undefined {
    return text(one(this.#database.prepare('SELECT value FROM meta WHERE name = ?'), name)?.['value'])
  }

  setMeta(name: string, value: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(name, value)
  }

  async write<T>(run: () => T): Promise<T> {
    const before = this.#changes()
    const result = await this.#database.write(run)
    // Nothing changed, nothing to tell: processes that wake each other for nothing would never sleep.
    if (this.#changes() !== before) this.#doorbell.ring()
    return result
  }

  #changes(): number {
    return Number(one(this.#database.prepare('SELECT total_changes() AS n'))?.['n'])
  }

  isAlive(owner: string): boolean {
    try {
      return this.#liveness?.isAlive(owner) ?? true
    } catch (error) {
      // Not the id of any instance: nobody runs under it, and a damaged record must not stop everything else.
      if (error instanceof TypeError) return false
      throw error
    }
  }

  dataVersion(): number {
    return this.#database.dataVersion()
  }

  onChange(listener: () => void): () => void {
    let seen = this.#database.dataVersion()
    return this.#doorbell.onRing(() => {
      // The bell rings for this process's own commits too; those do not change the version that it sees.
      const version = this.#database.dataVersion()
      if (version === seen) return
      seen = version
      listener()
    })
  }

  close(): void {
    this.#doorbell.close()
    this.#liveness?.close()
    this.#database.close()
  }
}
