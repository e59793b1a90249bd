import { closeSync, constants, type FSWatcher, lutimesSync, openSync, watch } from 'node:fs'
import { FILE_MODE } from './folder.ts'

// Never through a symbolic link that somebody else put there.
const CREATE = constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0)

/**
 * Tells other processes that something was committed, by touching a file that they watch.
 *
 * A hint only: a ring can be lost, so listeners also look from time to time.
 */
export class Doorbell {
  readonly #file: string
  readonly #listeners = new Set<() => void>()
  #watcher: FSWatcher | undefined

  constructor(file: string) {
    this.#file = file
  }

  ring(): void {
    const now = new Date()
    try {
      lutimesSync(this.#file, now, now)
    } catch {
      this.#create()
    }
  }

  onRing(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#startWatching()
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#listeners.clear()
    this.#watcher?.close()
    this.#watcher = undefined
  }

  #startWatching(): void {
    if (this.#watcher !== undefined) return
    try {
      this.#create()
      this.#watcher = watch(this.#file, { persistent: false }, () => {
        for (const listener of this.#listeners) listener()
      })
      this.#watcher.on('error', () => this.close())
    } catch {
      // No watches left, or a file system without them: the slow poll of the listeners remains.
    }
  }

  #create(): void {
    try {
      closeSync(openSync(this.#file, CREATE, FILE_MODE))
    } catch {
      // A read-only disk: nobody can write, so there is nothing to announce.
    }
  }
}
