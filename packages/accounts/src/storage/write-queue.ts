import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** For how long writes follow each other before everything else in the process gets a turn. */
const LONGEST_BURST_MS = 8

/** Writes of one process, one after the other, in the order in which they were asked for. */
export class WriteQueue {
  #last: Promise<unknown> | undefined
  #burstAt = 0

  /** Runs `task` when everything that was asked for before has ended, whatever became of it. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#last
    const turn = before === undefined ? task() : before.then(async () => await this.#afterOthers(task))
    const ended = turn.then(ignore, ignore)
    this.#last = ended
    if (before === undefined) this.#burstAt = performance.now()
    try {
      return await turn
    } finally {
      if (this.#last === ended) this.#last = undefined
    }
  }

  async #afterOthers<T>(task: () => Promise<T>): Promise<T> {
    if (performance.now() - this.#burstAt > LONGEST_BURST_MS) {
      await nextTurn()
      this.#burstAt = performance.now()
    }
    return await task()
  }
}

function ignore(): void {
  // Its own caller hears of it.
}
