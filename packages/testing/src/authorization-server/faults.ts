import type { Endpoint } from './recorded-request.ts'

/** One scripted misbehaviour of the server. */
export type Fault = FaultKind & {
  /** How many requests it spoils. Default 1. */
  readonly times?: number
  /** Only requests with this grant type. */
  readonly grantType?: string
}

export type FaultKind =
  /** Answers later: the provider does at once what was asked, and the answer waits. Combines with other kinds. */
  | { readonly delayMs: number }
  /** Answers this instead; the provider never sees the request. A body that is an object is sent as JSON. */
  | { readonly status: number; readonly body?: string | object; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks before the provider sees the request. */
  | { readonly dropBefore: true }
  /** The provider does what was asked, and the answer is lost. */
  | { readonly dropAfter: true }
  /** No answer, ever. */
  | { readonly hang: true }
  /** Changes the provider's JSON answer; a string is sent as it is. May return a promise. */
  // biome-ignore lint/suspicious/noExplicitAny: a script may turn any answer into anything
  | { readonly rewrite: (body: any) => unknown }
  /** Sends the client elsewhere; the provider never sees the request. Default status: 307, which keeps the body. */
  | { readonly redirect: string; readonly redirectStatus?: number }
  /**
   * Tells another time than it is: milliseconds to add to the server's clock in the `Date` of the answer, or `'absent'`
   * for an answer without one. Combines with other kinds.
   */
  | { readonly dateOffsetMs: number | 'absent' }
  /** Breaks the connection after so many bytes of the body. */
  | { readonly cutAfterBytes: number }
  /** The provider does what was asked, and the answer waits until this resolves. */
  | { readonly hold: Promise<void> }

interface Queued {
  readonly endpoint: Endpoint
  readonly fault: Fault
  left: number
}

/** The script of an authorization server's misbehaviour, consumed request by request. */
export class Faults {
  #queue: Queued[] = []

  /** Spoils the next request to `endpoint`, or the next `times`. */
  next(endpoint: Endpoint, fault: Fault): void {
    this.#queue.push({ endpoint, fault, left: fault.times ?? 1 })
  }

  /** Spoils every request to `endpoint` until the returned function is called. */
  always(endpoint: Endpoint, fault: Fault): () => void {
    const queued = { endpoint, fault, left: Number.POSITIVE_INFINITY }
    this.#queue.push(queued)
    return () => {
      this.#queue = this.#queue.filter((item) => item !== queued)
    }
  }

  clear(): void {
    this.#queue = []
  }

  /** How many requests are still to be spoiled; endless ones do not count. */
  get pending(): number {
    return this.#queue.reduce((sum, { left }) => (Number.isFinite(left) ? sum + left : sum), 0)
  }

  /** The fault for this request, which is then used up. */
  take(endpoint: Endpoint, grantType: string | undefined): Fault | undefined {
    const found = this.#queue.find(
      (item) =>
        item.endpoint === endpoint && (item.fault.grantType === undefined || item.fault.grantType === grantType),
    )
    if (found === undefined) return undefined
    found.left -= 1
    if (found.left <= 0) this.#queue = this.#queue.filter((item) => item !== found)
    return found.fault
  }
}
