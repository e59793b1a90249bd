import { isAccountError, type Logger } from '@accountry/accounts'

/** Each waits as long as a write may. */
const ATTEMPTS = 10

/**
 * Work that follows from accounts and adapters that came or went, one piece after the other.
 *
 * A busy store is waited for, because an account that recovered must not be missed; any other failure is logged and seen
 * by nobody else.
 */
export class Chores {
  readonly #log: Logger
  #last: Promise<void> = Promise.resolve()

  constructor(log: Logger) {
    this.#log = log
  }

  add(work: () => Promise<void>): void {
    this.#last = this.#last
      .then(() => persist(work))
      .catch((error: unknown) => {
        this.#log.error('sync.chore-failed', { error: error instanceof Error ? error.message : 'unknown' })
      })
  }

  /** Resolves when everything that was added so far is done. */
  async done(): Promise<void> {
    await this.#last
  }
}

async function persist(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (!isAccountError(error) || error.reason !== 'busy' || attempt >= ATTEMPTS) throw error
    }
  }
}
