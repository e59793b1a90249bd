import type { IncomingHttpHeaders } from 'node:http'

/** What a request was for. */
export type Endpoint =
  | 'discovery'
  | 'jwks'
  | 'authorization'
  | 'token'
  | 'revocation'
  | 'userinfo'
  | 'device'
  | 'par'
  | 'introspection'
  | 'end_session'
  | 'other'

/** One request that the server received. */
export interface RecordedRequest {
  /** Epoch milliseconds of its arrival. */
  readonly at: number
  readonly method: string
  /** Without query. */
  readonly path: string
  /** With query, as it came. */
  readonly url: string
  readonly endpoint: Endpoint
  readonly grantType: string | undefined
  /** Query and form parameters; of those that came several times the last, all of them are in `url` and `body`. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** As it came. */
  readonly body: string
  /** Of the answer; absent while there is none, and when a fault lost it. */
  status?: number
  /** When the answer was given or the connection was broken. */
  finishedAt?: number
}

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/jwks': 'jwks',
  '/auth': 'authorization',
  '/token': 'token',
  '/token/introspection': 'introspection',
  '/token/revocation': 'revocation',
  '/me': 'userinfo',
  '/device/auth': 'device',
  '/request': 'par',
  '/session/end': 'end_session',
}

/** What a path of the provider is for. The steps of a sign-in after the first request are `other`. */
export function endpointOf(path: string): Endpoint {
  if (path.startsWith('/.well-known/')) return 'discovery'
  return Object.hasOwn(ENDPOINTS, path) ? (ENDPOINTS[path] ?? 'other') : 'other'
}

/** Reads what can be read of a request without understanding it. */
export function recordOf(
  request: {
    readonly method?: string | undefined
    readonly url?: string | undefined
    readonly headers: IncomingHttpHeaders
  },
  body: Buffer,
  at: number,
): RecordedRequest {
  const { method = 'GET', headers } = request
  const text = body.toString('utf8')
  const url = new URL(request.url ?? '/', 'http://server.invalid')
  const params: Record<string, string> = Object.fromEntries(url.searchParams)
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    Object.assign(params, Object.fromEntries(new URLSearchParams(text)))
  }
  return {
    at,
    method,
    path: url.pathname,
    url: request.url ?? '/',
    endpoint: endpointOf(url.pathname),
    grantType: params['grant_type'],
    params,
    headers,
    body: text,
  }
}
