/**
 * Runs calls into a native keychain module, one at a time.
 *
 * A call that waits for a person cannot be taken back: it holds one of libuv's four threads until it is answered, and
 * a handful of them would stop all file access of the process. So while one is overdue no other starts.
 */
export class NativeCalls {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `call` after the ones before it, or not at all when `signal` is aborted first. */
  run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      signal.throwIfAborted()
      return call()
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
