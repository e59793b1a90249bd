import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { nodeCrypto, nodeSqlite } from '../builtin.ts'
import { isBusy } from './busy.ts'
import { FILE_MODE, FOLDER_MODE } from './folder.ts'
import { writeError } from './storage-error.ts'

const SUFFIX = '.alive'
/** A file this young may belong to somebody who has not taken its lock yet. */
const SWEEP_AFTER_MS = 60_000

/**
 * Tells the living from the dead, across processes.
 *
 * Each instance holds a lock on a file of its own, which the kernel releases when the process dies, however it
 * dies. An owner is dead when that lock can be taken. The files are touched only through SQLite, because closing any
 * other descriptor of such a file drops the lock.
 */
export class Liveness {
  /** Random id of this instance. */
  readonly owner: string = nodeCrypto().randomBytes(8).toString('hex')
  readonly #folder: string
  #held: DatabaseSync | undefined

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Takes this instance's lock: from now on `owner` counts as alive until {@link Liveness.close} or death. */
  static open(folder: string): Liveness {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
    const liveness = new Liveness(folder)
    liveness.#takeOwnLock()
    return liveness
  }

  isAlive(owner: string): boolean {
    if (owner === this.owner) return this.#held !== undefined
    const file = this.#fileOf(owner)
    if (!existsSync(file)) return false
    let connection: DatabaseSync | undefined
    try {
      connection = connect(file)
      connection.exec('BEGIN IMMEDIATE')
      connection.exec('ROLLBACK')
      return false
    } catch (error) {
      if (isBusy(error)) return true
      throw writeError(file, error)
    } finally {
      connection?.close()
    }
  }

  /** Removes the files of owners that died. */
  sweep(): void {
    for (const name of readdirSync(this.#folder)) {
      const owner = name.slice(0, -SUFFIX.length)
      const file = join(this.#folder, name)
      if (name.endsWith(SUFFIX) && owner !== this.owner && isOld(file) && !this.isAlive(owner))
        rmSync(file, { force: true })
    }
  }

  close(): void {
    if (this.#held === undefined) return
    // COMMIT can fail with "database is locked" on an empty rollback-journal database; ROLLBACK cannot.
    this.#held.exec('ROLLBACK')
    this.#held.close()
    this.#held = undefined
    rmSync(this.#fileOf(this.owner), { force: true })
  }

  #takeOwnLock(): void {
    const file = this.#fileOf(this.owner)
    const connection = connect(file)
    chmodSync(file, FILE_MODE)
    connection.exec('BEGIN IMMEDIATE')
    this.#held = connection
  }

  #fileOf(owner: string): string {
    if (!/^[0-9a-f]{16}$/.test(owner)) throw new TypeError('owner must be the id of a Liveness instance')
    return join(this.#folder, owner + SUFFIX)
  }
}

function connect(file: string): DatabaseSync {
  const { DatabaseSync } = nodeSqlite()
  return new DatabaseSync(file, { timeout: 0 })
}

function isOld(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats !== undefined && Date.now() - stats.mtimeMs > SWEEP_AFTER_MS
}
