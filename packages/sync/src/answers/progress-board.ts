import { isAccountError } from '@accountry/accounts'
import type { Engine } from '../engine.ts'
import type { ActiveRun } from '../run/active-run.ts'
import type { SyncProgress } from '../sync-adapter.ts'

const META_WATCHED = 'watched-until'
/** How long one look at the current syncs counts as watching. */
const WATCHED_FOR_MS = 15_000
const RENEWED_BEFORE_MS = 10_000
const WRITTEN_EVERY_MS = 1_000

/**
 * Shows the progress of runs to other processes.
 *
 * Progress is worth a write only while somebody watches, so whoever asks for the current syncs leaves a mark, and runs
 * write their progress, once a second at most, while the mark is fresh.
 */
export class ProgressBoard {
  readonly #engine: Engine
  readonly #written = new WeakMap<ActiveRun, SyncProgress>()
  #writtenAt = Number.NEGATIVE_INFINITY

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Says that somebody watches. Where nothing can be written, progress of other processes stays unknown, and that is all. */
  async watch(): Promise<void> {
    const { store, clock } = this.#engine
    const now = clock.now()
    if (this.#watchedUntil() > now + RENEWED_BEFORE_MS) return
    try {
      await store.write(() => store.setMeta(META_WATCHED, String(now + WATCHED_FOR_MS)))
    } catch (error) {
      if (!isAccountError(error) || error.code !== 'ERR_STORAGE_WRITE') throw error
    }
  }

  /** Writes what changed since the last time, when somebody watches. */
  async publish(runs: readonly ActiveRun[]): Promise<void> {
    const { store, clock } = this.#engine
    if (this.nextInMs(runs) > 0) return
    this.#writtenAt = clock.monotonic()
    await store.write(() => {
      for (const run of runs) {
        if (run.progress === undefined) continue
        store.operations.setProgress(run.operation.id, JSON.stringify(run.progress))
        this.#written.set(run, run.progress)
      }
    })
  }

  /** Milliseconds until there is something to write. */
  nextInMs(runs: readonly ActiveRun[]): number {
    const { clock } = this.#engine
    const hasNews = runs.some((run) => run.progress !== undefined && this.#written.get(run) !== run.progress)
    if (!hasNews || this.#watchedUntil() <= clock.now()) return Number.POSITIVE_INFINITY
    return Math.max(0, this.#writtenAt + WRITTEN_EVERY_MS - clock.monotonic())
  }

  #watchedUntil(): number {
    return Number(this.#engine.store.getMeta(META_WATCHED) ?? 0)
  }
}
