import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https'
import { bodyOf, closeAtOnce, listenOn } from '../loopback-server.ts'
import { CertificateAuthority, type TestCertificate } from './certificate-authority.ts'
import { performAnswer, type ReceivedRequest, type ServerAnswer, type ServerAnswerFor } from './server-answer.ts'

export interface ScriptedServerOptions {
  /** Default `127.0.0.1`. On Linux every `127.x.y.z` is there, so that a second origin can be `127.0.0.2`. */
  readonly host?: string
  /** Default: any free one. */
  readonly port?: number
  /**
   * Speaks https, with a certificate of a throw-away authority ({@link ScriptedServer.ca}): one that is right for its
   * host, one that ended yesterday, or one for `wrong.example`. Default: plain http.
   */
  readonly tls?: 'valid' | 'expired' | 'wrong-host'
  /** Default: one of its own. Several servers can be trusted through one. */
  readonly authority?: CertificateAuthority
}

const NOT_SCRIPTED: ServerAnswer = { status: 404, rawBody: 'nothing is scripted for this' }
const DAY_MS = 86_400_000

/**
 * A server that answers exactly what a test says, also what no honest server would, and records what it was sent.
 *
 * @example
 * ```ts
 * await using server = await startScriptedServer()
 * server.on('/token', { json: { access_token: 'a', token_type: 'mac' } }, { destroySocket: 'midBody', rawBody: '{}' })
 * server.next({ status: 503 })          // the very next request, whatever its path
 * ```
 */
export class ScriptedServer implements AsyncDisposable {
  /** `http://127.0.0.1:<port>` or `https://…`. */
  readonly origin: string
  /** PEM of the authority that has to be trusted; absent without TLS. */
  readonly ca: string | undefined
  /** Every request so far, in the order in which they were complete. */
  readonly requests: readonly ReceivedRequest[]
  /** What is answered when nothing else is scripted. Default: 404. */
  always: ServerAnswer | ServerAnswerFor = NOT_SCRIPTED
  readonly #server: HttpServer | HttpsServer
  readonly #script: Script
  #connections = 0

  private constructor(server: HttpServer | HttpsServer, origin: string, ca: string | undefined, script: Script) {
    this.#server = server
    this.#script = script
    this.origin = origin
    this.ca = ca
    this.requests = script.requests
    server.on('connection', () => {
      this.#connections += 1
    })
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      script.serve(request, response, () => this.always).catch(() => request.socket.destroy())
    })
  }

  static async start(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const { host = '127.0.0.1', port = 0, tls } = options
    const authority = tls === undefined ? undefined : (options.authority ?? new CertificateAuthority())
    const server = tls === undefined || !authority ? createServer() : createTlsServer(certificate(authority, tls, host))
    const origin = `${tls === undefined ? 'http' : 'https'}://${host}:${await listenOn(server, port, host)}`
    return new ScriptedServer(server, origin, authority?.cert, new Script())
  }

  /** How many connections were opened, also those that never became a request. */
  get connections(): number {
    return this.#connections
  }

  /** What the next requests are answered, one each, whatever their path. Comes before {@link on}. */
  next(...answers: readonly (ServerAnswer | ServerAnswerFor)[]): void {
    this.#script.queue.push(...answers)
  }

  /** What requests to a path (without query) are answered, one each; the last one stays. Replaces what was there. */
  on(path: string, ...answers: readonly (ServerAnswer | ServerAnswerFor)[]): void {
    this.#script.byPath.set(path, [...answers])
  }

  /** @param path Without query. */
  requestsTo(path: string): readonly ReceivedRequest[] {
    return this.requests.filter((request) => pathOf(request) === path)
  }

  /** Stops at once, also with connections that hang. */
  async close(): Promise<void> {
    await closeAtOnce(this.#server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

class Script {
  readonly requests: ReceivedRequest[] = []
  readonly queue: (ServerAnswer | ServerAnswerFor)[] = []
  readonly byPath: Map<string, (ServerAnswer | ServerAnswerFor)[]> = new Map()

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    always: () => ServerAnswer | ServerAnswerFor,
  ): Promise<void> {
    const body = (await bodyOf(request)).toString('utf8')
    const { method = 'GET', url: path = '/', headers } = request
    const received = { at: Date.now(), method, path, headers, body }
    this.requests.push(received)
    const answer = this.queue.shift() ?? this.#forPath(pathOf(received)) ?? always()
    await performAnswer(response, typeof answer === 'function' ? await answer(received) : answer)
  }

  #forPath(path: string): ServerAnswer | ServerAnswerFor | undefined {
    const answers = this.byPath.get(path)
    return answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
  }
}

function pathOf(request: ReceivedRequest): string {
  return request.path.split('?')[0] ?? ''
}

function certificate(
  authority: CertificateAuthority,
  kind: NonNullable<ScriptedServerOptions['tls']>,
  host: string,
): TestCertificate {
  const now = Date.now()
  const hosts = kind === 'wrong-host' ? ['wrong.example'] : [host]
  const ended = { notBeforeAt: now - 2 * DAY_MS, notAfterAt: now - DAY_MS }
  return authority.issue({ hosts, ...(kind === 'expired' && ended) })
}

/** Starts a server that follows a script, on a loopback address. Close it at the end. */
export async function startScriptedServer(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  return await ScriptedServer.start(options)
}
