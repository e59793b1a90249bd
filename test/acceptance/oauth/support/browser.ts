import { connect } from 'node:net'
import { secret } from './canaries.ts'
import type { Service } from './service.ts'

/** The browser's visit to the authorization server, as the app asked for it. */
export class Visit {
  readonly url: URL
  readonly signal: AbortSignal
  readonly #service: Service

  constructor(url: URL, signal: AbortSignal, service: Service) {
    this.url = url
    this.signal = signal
    this.#service = service
    service.nonce = url.searchParams.get('nonce') ?? undefined
  }

  get redirectUri(): string {
    return this.url.searchParams.get('redirect_uri') ?? ''
  }

  get state(): string {
    return this.url.searchParams.get('state') ?? ''
  }

  /** `127.0.0.1:<port>` of the app's listener. */
  get host(): string {
    return new URL(this.redirectUri).host
  }

  get port(): number {
    return Number(new URL(this.redirectUri).port)
  }

  /** Where the server sends the browser, with changed parameters; `undefined` leaves one out. */
  callback(changes: Readonly<Record<string, string | undefined>> = {}): URL {
    const url = new URL(this.redirectUri)
    const all = { code: secret('code'), state: this.state, iss: this.#service.issuer, ...changes }
    for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value)
    return url
  }

  /** Path and query of {@link Visit.callback}. */
  target(changes: Readonly<Record<string, string | undefined>> = {}): string {
    const { pathname, search } = this.callback(changes)
    return pathname + search
  }

  /** The person allowed everything, and the browser comes back. @returns The page that it ends on. */
  async arrive(changes: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
    const response = await fetch(this.callback(changes))
    return await response.text()
  }

  /** Writes bytes as no browser would, and reads everything until the listener ends the connection. */
  async raw(text: string): Promise<string> {
    return await rawExchange(this.port, text)
  }
}

/** One raw exchange with a port of 127.0.0.1. */
export function rawExchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(answer) : reject(error),
    )
  })
}

/** A request as a client writes it that chooses its own target and Host. */
export function get(target: string, host: string, headers = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`
}
