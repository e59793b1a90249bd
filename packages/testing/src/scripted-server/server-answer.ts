import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** One request that a scripted server received. */
export interface ReceivedRequest {
  /** Epoch milliseconds. */
  readonly at: number
  readonly method: string
  /** With query, as it came. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** As text; requests to token endpoints are forms. */
  readonly body: string
}

/** What a scripted server does with one request, also what no honest server would do. */
export interface ServerAnswer {
  /** Waits before anything is sent, in milliseconds. */
  readonly delayMs?: number
  /** Waits before anything is sent until this resolves. */
  readonly hold?: Promise<void>
  /** Default 200. */
  readonly status?: number
  /** `content-type` is `application/json` for `json`, else none unless it is given here. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Sent as it is. */
  readonly rawBody?: string | Uint8Array
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sends so many bytes of the body, then breaks the connection. The length of the whole body was announced. */
  readonly cutAfterBytes?: number
  /** Sends the body and never ends it. */
  readonly neverEnd?: boolean
  /** Repeats the body for as long as somebody reads. */
  readonly endless?: boolean
  /** Breaks the connection before anything was sent, or after half of the body. */
  readonly destroySocket?: 'beforeHeaders' | 'midBody'
  /** Sent instead of an HTTP answer, and the connection is closed: for what a server library would never write. */
  readonly rawResponse?: string | Uint8Array
}

/** An answer that depends on the request. */
export type ServerAnswerFor = (request: ReceivedRequest) => ServerAnswer | Promise<ServerAnswer>

/** Performs an answer. Resolves when nothing is left to do, which may be when the client gives up. */
export async function performAnswer(response: ServerResponse, answer: ServerAnswer): Promise<void> {
  const { socket } = response
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  // Who hung up waits for nothing, and must not keep the server from closing.
  if (answer.delayMs !== undefined) await delay(answer.delayMs, undefined, { signal: gone.signal }).catch(() => {})
  if (answer.hold !== undefined) await Promise.race([answer.hold, whenAborted(gone.signal)])
  if (gone.signal.aborted) return
  if (answer.destroySocket === 'beforeHeaders') {
    socket?.destroy()
    return
  }
  if (answer.rawResponse !== undefined) {
    socket?.end(answer.rawResponse)
    return
  }
  const body = bodyOf(answer)
  writeHead(response, answer, body)
  if (answer.endless === true) await writeForever(response, body, gone.signal)
  else if (answer.neverEnd === true) response.write(body)
  else writeBody(response, answer, body)
}

function bodyOf({ rawBody, json }: ServerAnswer): Buffer {
  if (json !== undefined) return Buffer.from(JSON.stringify(json))
  return Buffer.from(typeof rawBody === 'string' ? Buffer.from(rawBody, 'utf8') : (rawBody ?? ''))
}

function writeHead(response: ServerResponse, answer: ServerAnswer, body: Buffer): void {
  const isOpenEnded = answer.neverEnd === true || answer.endless === true
  const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => [name, value] as const)
  response.statusCode = answer.status ?? 200
  if (answer.json !== undefined) response.setHeader('content-type', 'application/json')
  if (!isOpenEnded) response.setHeader('content-length', body.length)
  for (const [name, value] of headers) response.setHeader(name, value)
  response.flushHeaders()
}

function writeBody(response: ServerResponse, answer: ServerAnswer, body: Buffer): void {
  const half = answer.destroySocket === 'midBody' ? Math.floor(body.length / 2) : undefined
  const end = answer.cutAfterBytes ?? half
  if (end === undefined) response.end(body)
  else response.write(body.subarray(0, end), () => response.destroy())
}

const CHUNK_BYTES = 65_536

async function writeForever(response: ServerResponse, body: Buffer, gone: AbortSignal): Promise<void> {
  const piece = body.length === 0 ? Buffer.from(' ') : body
  const chunk = Buffer.alloc(CHUNK_BYTES, piece)
  while (!gone.aborted) {
    if (response.write(chunk)) await delay(0)
    else await Promise.race([new Promise((resolve) => response.once('drain', resolve)), whenAborted(gone)])
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
