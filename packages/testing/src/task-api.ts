import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type Clock, systemClock } from '@accountry/accounts'
import { AccessTokenCheck } from './access-token-check.ts'
import { bodyOf, closeAtOnce, listenOn } from './loopback-server.ts'

export interface TaskApiOptions {
  /** The authorization server whose tokens are taken. */
  readonly issuer: string
  /** Default: `<issuer>/api`, which the test server's tokens are for when no resource is asked for. */
  readonly audience?: string
  /** Default: `<issuer>/jwks`. */
  readonly jwksUri?: string
  /** Titles of the tasks that are there from the start, by subject. */
  readonly users?: Readonly<Record<string, readonly string[]>>
  /** Scopes without which a request is 403 `insufficient_scope`. Default: none is needed. */
  readonly scopes?: { readonly read?: string; readonly write?: string }
  /** Decides whether a token has ended. Default: the system's clock. */
  readonly clock?: Clock
  /** Default: any free one. */
  readonly port?: number
}

/** One thing that somebody wants to do. */
export interface Task {
  /** A number that rises. */
  readonly id: string
  readonly title: string
}

/** One request that the API received. */
export interface TaskApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Who sent it, when the token was good. */
  readonly subject?: string
  readonly status: number
}

interface Rejection {
  readonly status: number
  readonly wwwAuthenticate: string | undefined
}

interface Reply {
  readonly status: number
  readonly subject?: string
  readonly challenge?: string | undefined
  readonly body?: unknown
}

/**
 * A small real API on 127.0.0.1: everybody who brings a good access token has tasks of their own.
 *
 * `GET /tasks` answers a list of tasks, with `?after=<id>` only those after it; `POST /tasks` with `{ "title": … }` adds
 * one. The token is checked as a real resource server does it: signature, issuer, audience, end, DPoP binding.
 */
export class TaskApi implements AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  /** Every request so far, in the order in which they were answered. */
  readonly requests: readonly TaskApiRequest[]
  readonly #server: Server
  readonly #tasks: Tasks
  readonly #rejections: Rejection[]

  private constructor(parts: { url: string; server: Server; handler: RequestHandler }) {
    this.url = parts.url
    this.#server = parts.server
    this.requests = parts.handler.requests
    this.#tasks = parts.handler.tasks
    this.#rejections = parts.handler.rejections
  }

  static async start(options: TaskApiOptions): Promise<TaskApi> {
    const { issuer, audience = `${issuer}/api`, jwksUri = `${issuer}/jwks`, clock = systemClock } = options
    const handler = new RequestHandler(options)
    const server = createServer((request, response) => {
      handler.serve(request, response).catch(() => request.socket.destroy())
    })
    const url = `http://127.0.0.1:${await listenOn(server, options.port)}`
    handler.check = new AccessTokenCheck({ issuer, audience, jwksUri, clock, origin: url })
    return new TaskApi({ url, server, handler })
  }

  /** The tasks of a subject, oldest first. */
  tasksOf(subject: string): readonly Task[] {
    return this.#tasks.of(subject)
  }

  /** Somebody adds a task elsewhere. */
  addTask(subject: string, title: string): Task {
    return this.#tasks.add(subject, title)
  }

  /**
   * Refuses the next request, whatever its token; call it again for the one after.
   *
   * @param wwwAuthenticate The challenge. Default: none.
   */
  rejectNext(status: number, wwwAuthenticate?: string): void {
    this.#rejections.push({ status, wwwAuthenticate })
  }

  /** Stops at once, also with connections that hang. */
  async close(): Promise<void> {
    await closeAtOnce(this.#server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Starts the API. Close it at the end. */
export async function startTaskApi(options: TaskApiOptions): Promise<TaskApi> {
  return await TaskApi.start(options)
}

class Tasks {
  readonly #bySubject = new Map<string, Task[]>()
  #lastId = 0

  constructor(initial: Readonly<Record<string, readonly string[]>> = {}) {
    for (const [subject, titles] of Object.entries(initial)) {
      for (const title of titles) this.add(subject, title)
    }
  }

  of(subject: string): readonly Task[] {
    return [...(this.#bySubject.get(subject) ?? [])]
  }

  add(subject: string, title: string): Task {
    const task = { id: String(++this.#lastId), title }
    this.#bySubject.set(subject, [...this.of(subject), task])
    return task
  }
}

class RequestHandler {
  readonly requests: TaskApiRequest[] = []
  readonly rejections: Rejection[] = []
  readonly tasks: Tasks
  /** Known when the port is. */
  check: AccessTokenCheck | undefined
  readonly #scopes: NonNullable<TaskApiOptions['scopes']>

  constructor(options: TaskApiOptions) {
    this.tasks = new Tasks(options.users)
    this.#scopes = options.scopes ?? {}
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await bodyOf(request)).toString('utf8')
    const { status, subject, challenge, body: answer } = await this.#reply(request, body)
    const { method = 'GET', url = '/', headers } = request
    const who = subject === undefined ? {} : { subject }
    this.requests.push({ method, path: url, headers, body, status, ...who })
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
    })
    response.end(JSON.stringify(answer ?? { error: status }))
  }

  async #reply(request: IncomingMessage, body: string): Promise<Reply> {
    const rejection = this.rejections.shift()
    if (rejection !== undefined) return { status: rejection.status, challenge: rejection.wwwAuthenticate }
    const verdict = await this.check?.check(request)
    if (verdict === undefined || !('subject' in verdict)) return { status: 401, challenge: verdict?.challenge }
    const { subject, scopes } = verdict
    const isWrite = request.method === 'POST'
    const needed = isWrite ? this.#scopes.write : this.#scopes.read
    if (needed !== undefined && !scopes.has(needed)) {
      return { status: 403, subject, challenge: `Bearer error="insufficient_scope", scope="${needed}"` }
    }
    const url = new URL(request.url ?? '/', 'http://api.invalid')
    if (url.pathname !== '/tasks') return { status: 404, subject }
    if (isWrite) return { subject, ...this.#add(subject, body) }
    if (request.method !== 'GET') return { status: 405, subject }
    const after = Number(url.searchParams.get('after') ?? 0)
    return { status: 200, subject, body: this.tasks.of(subject).filter(({ id }) => Number(id) > after) }
  }

  #add(subject: string, body: string): Reply {
    const title = titleIn(body)
    return title === undefined ? { status: 400 } : { status: 201, body: this.tasks.add(subject, title) }
  }
}

function titleIn(body: string): string | undefined {
  try {
    const { title } = JSON.parse(body) as { title?: unknown }
    return typeof title === 'string' && title !== '' ? title : undefined
  } catch {
    return undefined
  }
}
