/** A `fetch` that knows whether somebody waits for the network, so that a driven clock moves only when nobody does. */
export class Wire {
  #busy = 0
  readonly #onRequest: (url: string) => void

  /** @param onRequest Is told of every request when it leaves. */
  constructor(onRequest: (url: string) => void = () => undefined) {
    this.#onRequest = onRequest
  }

  get isQuiet(): boolean {
    return this.#busy === 0
  }

  readonly fetch: typeof fetch = async (input, init) => {
    this.#busy += 1
    this.#onRequest(String(input))
    try {
      const response = await fetch(input, init)
      const { status, statusText, headers } = response
      return new Response(await response.arrayBuffer(), { status, statusText, headers })
    } finally {
      this.#busy -= 1
    }
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Waits for what comes over the network, which takes real time. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}
