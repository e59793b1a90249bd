import { type IncomingMessage, request } from 'node:http'
import type { Visitor } from './http-client.ts'

/** One message of the stream. */
export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

/** Listens to the page as a browser does. */
export class EventReader implements AsyncDisposable {
  readonly #response: IncomingMessage
  readonly #events: ServerEvent[] = []
  #text = ''
  #next = Promise.withResolvers<void>()

  private constructor(response: IncomingMessage) {
    this.#response = response
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => this.#read(chunk))
    response.on('error', () => undefined)
  }

  static async open({ base, cookie }: Pick<Visitor, 'base' | 'cookie'>): Promise<EventReader> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    request(new URL('api/events', base), { headers: { Cookie: cookie }, agent: false }, resolve)
      .on('error', reject)
      .end()
    const response = await promise
    if (response.statusCode !== 200) throw new Error(`the stream answered ${response.statusCode}`)
    return new EventReader(response)
  }

  /** Everything that came, as text. */
  get transcript(): string {
    return this.#text
  }

  get headers(): IncomingMessage['headers'] {
    return this.#response.headers
  }

  /** Resolves with the next event for which this is true, also one that came before. */
  async next(isWanted: (event: ServerEvent) => boolean): Promise<ServerEvent> {
    for (;;) {
      const index = this.#events.findIndex(isWanted)
      const [found] = index < 0 ? [] : this.#events.splice(0, index + 1).slice(-1)
      if (found !== undefined) return found
      await this.#next.promise
    }
  }

  /** Resolves when the server ended it. */
  async whenEnded(): Promise<void> {
    if (this.#response.destroyed) return
    await new Promise<void>((resolve) => this.#response.once('close', () => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#response.destroy()
  }

  #read(chunk: string): void {
    const before = this.#text.lastIndexOf('\n\n') + 2
    this.#text += chunk
    const end = this.#text.lastIndexOf('\n\n')
    if (end < before) return
    for (const message of this.#text.slice(before < 2 ? 0 : before, end).split('\n\n')) {
      const event = /^event: (.*)$/m.exec(message)?.[1]
      const data = /^data: (.*)$/m.exec(message)?.[1]
      if (event !== undefined && data !== undefined) this.#events.push({ event, data: JSON.parse(data) })
    }
    this.#next.resolve()
    this.#next = Promise.withResolvers()
  }
}
