const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** How long a signal waits for a credential that is on its way. */
const LONGEST_DELAY_MS = 5_000

type Signal = (typeof SIGNALS)[number]

/** What the guard touches of the process; injected so that tests need not end theirs. */
export interface GuardedProcess {
  readonly pid: number
  listenerCount(event: string): number
  on(event: Signal, listener: (signal: Signal) => void): unknown
  off(event: Signal, listener: (signal: Signal) => void): unknown
  kill(pid: number, signal: Signal): unknown
}

/**
 * Keeps a signal from ending the process between a token request and the durable save of its answer, where a rotated
 * refresh token would be lost (docs/requirements.md).
 *
 * It listens only while a request is on its way, and only where the app does not: the signal is then delivered again
 * when the answer is saved, or after 5 seconds. An app with a handler of its own decides by itself when to exit.
 */
export class ExitGuard {
  readonly #process: GuardedProcess
  #holders = 0
  #received: Signal | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(guarded: GuardedProcess = process as unknown as GuardedProcess) {
    this.#process = guarded
  }

  async during<T>(critical: () => Promise<T>): Promise<T> {
    if (this.#holders++ === 0) this.#listen()
    try {
      return await critical()
    } finally {
      if (--this.#holders === 0) this.#leave()
    }
  }

  #listen(): void {
    for (const signal of SIGNALS) {
      if (this.#process.listenerCount(signal) === 0) this.#process.on(signal, this.#onSignal)
    }
  }

  readonly #onSignal = (signal: Signal): void => {
    if (this.#received !== undefined) {
      // Whoever insists gets their way.
      this.#deliver()
      return
    }
    this.#received = signal
    this.#timer = setTimeout(() => this.#deliver(), LONGEST_DELAY_MS)
  }

  /**
   * Node tells listeners of a signal some turns after the kernel handed it over. Who stopped listening at once would
   * swallow one that is on its way: neither the default nor a listener would ever hear of it.
   */
  #leave(): void {
    if (this.#received !== undefined) {
      this.#deliver()
      return
    }
    setImmediate(() => {
      setImmediate(() => {
        if (this.#holders === 0) this.#deliver()
      })
    })
  }

  #deliver(): void {
    clearTimeout(this.#timer)
    for (const signal of SIGNALS) this.#process.off(signal, this.#onSignal)
    const received = this.#received
    this.#received = undefined
    if (received !== undefined) this.#process.kill(this.#process.pid, received)
  }
}
