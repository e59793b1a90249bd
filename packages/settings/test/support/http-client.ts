import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface RawRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request without any of the manners of `fetch`: every header is the test's. */
export async function send(url: URL, options: RawRequest = {}): Promise<RawAnswer> {
  const { method = 'GET', headers = {}, body } = options
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const outgoing = request(url, { method, headers, agent: false })
  outgoing.on('error', reject)
  outgoing.on('response', (response) => {
    text(response).then(
      (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }),
      reject,
    )
  })
  outgoing.end(body)
  return await promise
}

/** Sends bytes as they are, and returns whatever comes back before the connection ends. */
export async function sendBytes(origin: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  return await text(socket)
}

/** A browser in a test's hands: it keeps the cookie and sends what browsers send. */
export class Visitor {
  readonly origin: string
  readonly base: URL
  readonly cookie: string

  private constructor(base: URL, cookie: string) {
    this.origin = base.origin
    this.base = base
    this.cookie = cookie
  }

  /** Follows a one-time URL. @throws Error when it is refused. */
  static async enter(url: URL): Promise<Visitor> {
    const { status, headers } = await send(url)
    const [cookie] = headers['set-cookie'] ?? []
    if (status !== 303 || cookie === undefined) throw new Error(`the entrance answered ${status}`)
    return new Visitor(new URL('.', url), cookie.split(';')[0] ?? '')
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return await send(new URL(path, this.base), { headers: { Cookie: this.cookie, ...headers } })
  }

  async post(action: string, fields: object, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    return await send(new URL(`api/${action}`, this.base), {
      method: 'POST',
      headers: { Cookie: this.cookie, Origin: this.origin, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(fields),
    })
  }

  async read<T>(path: string): Promise<T> {
    const { status, body } = await this.get(path)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`)
    return JSON.parse(body) as T
  }
}
