/** What one call does instead of the usual: answers a value, throws an error, or runs a function. */
export type ScriptedAnswer<Result, Arguments extends readonly unknown[] = readonly unknown[]> =
  | Result
  | Error
  | ((...args: Arguments) => unknown)

/** One call that a fake received. */
export interface ScriptedCall<Method extends string = string> {
  readonly method: Method
  readonly args: readonly unknown[]
  /** Whether it has answered or thrown. */
  readonly isEnded: boolean
}

export interface HoldOptions {
  /** Go on waiting when the call is aborted, as a plugin does that looks at no signal. Default `false`. */
  readonly ignoresAbort?: boolean
}

/** What the methods of a fake do, and what they were asked. */
export class CallScript<Method extends string> {
  readonly calls: (ScriptedCall<Method> & { isEnded: boolean })[] = []
  readonly #queues = new Map<Method, unknown[]>()
  readonly #always = new Map<Method, unknown>()
  readonly #holds = new Map<Method, Required<HoldOptions>>()
  readonly #held = new Set<{ method: Method; go: () => void }>()
  readonly #watchers = new Set<() => void>()

  next(method: Method, answers: readonly unknown[]): void {
    this.#queues.set(method, [...(this.#queues.get(method) ?? []), ...answers])
  }

  always(method: Method, answer: unknown): void {
    if (answer === undefined) this.#always.delete(method)
    else this.#always.set(method, answer)
  }

  hold(method: Method, options: HoldOptions = {}): void {
    this.#holds.set(method, { ignoresAbort: options.ignoresAbort ?? false })
  }

  release(method: Method | undefined): void {
    for (const name of method === undefined ? [...this.#holds.keys()] : [method]) this.#holds.delete(name)
    for (const held of [...this.#held]) {
      if (method !== undefined && held.method !== method) continue
      this.#held.delete(held)
      held.go()
    }
  }

  count(method?: Method): number {
    return this.calls.filter((call) => method === undefined || call.method === method).length
  }

  async whenCalled(method: Method, count: number): Promise<void> {
    while (this.count(method) < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#watchers.add(resolve)
      await promise
      this.#watchers.delete(resolve)
    }
  }

  /** Performs one call: records it, waits while it is held, and does what the script says or else the usual. */
  async run(
    method: Method,
    args: readonly unknown[],
    options: { readonly signal: AbortSignal | undefined; readonly usual: () => unknown },
  ): Promise<unknown> {
    const call = this.#record(method, args)
    try {
      const hold = this.#holds.get(method)
      if (hold !== undefined) await this.#untilReleased(method, hold.ignoresAbort ? undefined : options.signal)
      return await this.#perform(method, args, options.usual)
    } finally {
      call.isEnded = true
    }
  }

  /** The same for a method that answers at once and cannot be held. */
  runSync(method: Method, args: readonly unknown[], usual: () => unknown): unknown {
    const call = this.#record(method, args)
    call.isEnded = true
    return this.#perform(method, args, usual)
  }

  #record(method: Method, args: readonly unknown[]): { isEnded: boolean } {
    const call = { method, args, isEnded: false }
    this.calls.push(call)
    for (const watch of [...this.#watchers]) watch()
    return call
  }

  #perform(method: Method, args: readonly unknown[], usual: () => unknown): unknown {
    const queue = this.#queues.get(method)
    const isScripted = queue !== undefined && queue.length > 0
    if (!isScripted && !this.#always.has(method)) return usual()
    const answer = isScripted ? queue.shift() : this.#always.get(method)
    if (answer instanceof Error) throw answer
    return typeof answer === 'function' ? (answer as (...args: readonly unknown[]) => unknown)(...args) : answer
  }

  async #untilReleased(method: Method, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const held = { method, go: resolve }
    const onAbort = (): void => {
      this.#held.delete(held)
      reject(new DOMException('This operation was aborted', 'AbortError'))
    }
    this.#held.add(held)
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    await promise
    signal?.removeEventListener('abort', onAbort)
  }
}
