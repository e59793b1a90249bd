import type { ShownError } from '../src/model.ts'

/** What the server refused, in the form in which it says so. */
export class RequestFailed extends Error {
  readonly shown: ShownError

  constructor(shown: ShownError) {
    super(shown.message)
    this.shown = shown
  }
}

/** The server knows this browser no more. */
export class SessionEnded extends Error {}

/** The server does not answer. */
export class ServerGone extends Error {}

export async function get<T>(path: string): Promise<T> {
  return await read<T>(await answered(fetch(path, { headers: { Accept: 'application/json' } })))
}

export async function post<T>(action: string, fields: object): Promise<T> {
  const headers = { 'Content-Type': 'application/json' }
  return await read<T>(
    await answered(fetch(`api/${action}`, { method: 'POST', headers, body: JSON.stringify(fields) })),
  )
}

async function answered(request: Promise<Response>): Promise<Response> {
  try {
    return await request
  } catch {
    throw new ServerGone('The app does not answer')
  }
}

async function read<T>(response: Response): Promise<T> {
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json') === true
  // A refusal without a reason: of a server that does not know this browser, or of another one in its place.
  if (!isJson && [403, 404, 421].includes(response.status)) throw new SessionEnded('Open this page again')
  const body = isJson ? ((await response.json()) as T & { error?: ShownError }) : undefined
  if (response.ok && body !== undefined) return body
  throw new RequestFailed(
    body?.error ?? { code: 'ERR_UNEXPECTED', message: `The app answered with status ${response.status}` },
  )
}
