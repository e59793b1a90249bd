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
  if (response.status === 403) throw new SessionEnded('This page has to be opened again')
  const body = (await response.json().catch(() => undefined)) as (T & { error?: ShownError }) | undefined
  if (response.ok && body !== undefined) return body
  throw new RequestFailed(
    body?.error ?? { code: 'ERR_UNEXPECTED', message: `The app answered with status ${response.status}` },
  )
}
