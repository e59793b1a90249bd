import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Clock } from '@accountry/accounts'
import { bodyOf, closeAtOnce, listenOn } from '../loopback-server.ts'
import type { Fault, Faults } from './faults.ts'
import { type Endpoint, type RecordedRequest, recordOf } from './recorded-request.ts'

/** A whole answer of the provider. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** How many token requests are being worked on. */
export interface InFlight {
  now: number
  max: number
}

/** Changes what the provider answered before anybody sees it. */
export type Adjust = (answer: Answer, endpoint: Endpoint) => Promise<Answer>

/** The door of the server: records every request, spoils those that the script wants spoiled, forwards the rest. */
export class Front {
  readonly requests: RecordedRequest[] = []
  readonly inFlight: InFlight = { now: 0, max: 0 }
  readonly #server: Server
  readonly #faults: Faults
  readonly #clock: Clock
  readonly #agent = new Agent({ keepAlive: true })
  #innerPort = 0

  #adjust: Adjust = async (answer) => answer

  constructor(faults: Faults, clock: Clock) {
    this.#faults = faults
    this.#clock = clock
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy())
    })
  }

  async listen(port: number): Promise<number> {
    return await listenOn(this.#server, port)
  }

  forwardTo(port: number, adjust: Adjust): void {
    this.#innerPort = port
    this.#adjust = adjust
  }

  clear(): void {
    this.requests.length = 0
    this.inFlight.max = this.inFlight.now
  }

  async close(): Promise<void> {
    await closeAtOnce(this.#server)
    this.#agent.destroy()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const record = recordOf(request, body, this.#clock.now())
    this.requests.push(record)
    const isToken = record.endpoint === 'token'
    if (isToken) this.#count(1)
    try {
      await this.#answer(request, response, body, record)
    } finally {
      record.finishedAt = this.#clock.now()
      if (isToken) this.#count(-1)
    }
  }

  #count(change: number): void {
    this.inFlight.now += change
    this.inFlight.max = Math.max(this.inFlight.max, this.inFlight.now)
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    record: RecordedRequest,
  ): Promise<void> {
    const fault = this.#faults.take(record.endpoint, record.grantType)
    if (fault !== undefined && 'hang' in fault) return await whenClosed(request)
    if (fault !== undefined && 'dropBefore' in fault) {
      request.socket.destroy()
      return
    }
    const answer = insteadOfProvider(fault) ?? (await this.#adjust(await this.#forward(request, body), record.endpoint))
    if (fault !== undefined && 'delayMs' in fault) await this.#delay(fault.delayMs, request)
    if (fault !== undefined && 'hold' in fault) await fault.hold
    if (fault !== undefined && 'dropAfter' in fault) {
      request.socket.destroy()
      return
    }
    const final = await rewritten(answer, fault)
    record.status = final.status
    this.#tellTime(response, fault)
    send(response, final, fault)
  }

  /** Waits by the server's clock, and no longer than somebody is there to hear the answer. */
  async #delay(ms: number, request: IncomingMessage): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.setTimer(resolve, ms)
    request.socket.once('close', resolve)
    await promise
    request.socket.off('close', resolve)
    cancel()
  }

  #tellTime(response: ServerResponse, fault: Fault | undefined): void {
    const offsetMs = fault !== undefined && 'dateOffsetMs' in fault ? fault.dateOffsetMs : 0
    if (offsetMs === 'absent') response.sendDate = false
    else response.setHeader('date', new Date(this.#clock.now() + offsetMs).toUTCString())
  }

  async #forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const { host } = request.headers
    const forwarded = httpRequest(
      {
        host: '127.0.0.1',
        port: this.#innerPort,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, host, connection: 'keep-alive' },
        agent: this.#agent,
      },
      (inner) => {
        // The time is told here.
        const { date: _date, ...headers } = inner.headers
        bodyOf(inner).then((text) => resolve({ status: inner.statusCode ?? 500, headers, body: text }), reject)
      },
    )
    forwarded.once('error', reject).end(body)
    return await promise
  }
}

function insteadOfProvider(fault: Fault | undefined): Answer | undefined {
  if (fault === undefined) return undefined
  if ('redirect' in fault) {
    return { status: fault.redirectStatus ?? 307, headers: { location: fault.redirect }, body: Buffer.alloc(0) }
  }
  if (!('status' in fault)) return undefined
  const { body = '', headers, status } = fault
  const isText = typeof body === 'string'
  const type = isText ? 'text/plain' : 'application/json'
  return {
    status,
    headers: { 'content-type': type, ...headers },
    body: Buffer.from(isText ? body : JSON.stringify(body)),
  }
}

async function rewritten(answer: Answer, fault: Fault | undefined): Promise<Answer> {
  if (fault === undefined || !('rewrite' in fault)) return answer
  const body = await fault.rewrite(JSON.parse(answer.body.toString('utf8')))
  return { ...answer, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}

function send(response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
  const {
    'transfer-encoding': _chunked,
    'content-length': _length,
    connection: _connection,
    ...headers
  } = answer.headers
  const isCut = fault !== undefined && 'cutAfterBytes' in fault
  response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length })
  if (!isCut) {
    response.end(answer.body)
    return
  }
  response.write(answer.body.subarray(0, fault.cutAfterBytes), () => response.destroy())
}

async function whenClosed(request: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  request.socket.once('close', () => resolve())
  await promise
}
