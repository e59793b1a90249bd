/** One message of a stream of server-sent events. */
export interface ServerSentEvent {
  /** Default `message`. */
  readonly event: string
  readonly data: string
  /** The last id that the server gave, this or an earlier message. */
  readonly id: string
}

/** A message longer than this is not a hint to synchronise. */
const LONGEST_MESSAGE = 1_048_576

/**
 * Reads server-sent events, as the HTML standard says, from chunks that may be cut anywhere.
 *
 * @see [HTML Standard, 9.2.6 Interpreting an event stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation)
 */
export class EventStreamParser {
  readonly #onEvent: (event: ServerSentEvent) => void
  readonly #decoder = new TextDecoder()
  #rest = ''
  #data: string[] = []
  #event = ''
  #lastId: string
  #endsWithCarriageReturn = false
  /** The wait before connecting again that the server asked for. */
  retryMs: number | undefined

  constructor(onEvent: (event: ServerSentEvent) => void, lastId = '') {
    this.#onEvent = onEvent
    this.#lastId = lastId
  }

  get lastId(): string {
    return this.#lastId
  }

  /** @throws RangeError for a message without end. */
  push(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true })
    // The line feed of a pair that was cut in two.
    if (this.#endsWithCarriageReturn && text.startsWith('\n')) text = text.slice(1)
    if (text !== '') this.#endsWithCarriageReturn = text.endsWith('\r')
    const lines = (this.#rest + text).split(/\r\n|\n|\r/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
    const length = this.#rest.length + this.#data.reduce((sum, line) => sum + line.length, 0)
    if (length > LONGEST_MESSAGE) throw new RangeError('the event stream has a message without end')
  }

  #line(line: string): void {
    if (line === '') {
      this.#dispatch()
      return
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const rest = colon < 0 ? '' : line.slice(colon + 1)
    const value = rest.startsWith(' ') ? rest.slice(1) : rest
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#lastId = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value)
  }

  #dispatch(): void {
    const event = this.#event === '' ? 'message' : this.#event
    const data = this.#data
    this.#event = ''
    this.#data = []
    if (data.length > 0) this.#onEvent({ event, data: data.join('\n'), id: this.#lastId })
  }
}
