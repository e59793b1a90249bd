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
  readonly path: string
  readonly endpoint: Endpoint
  readonly grantType: string | undefined
  /** Query and form parameters. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** Of the answer; absent while there is none, and when a fault lost it. */
  status?: number
  /** When the answer was given or the connection was broken. */
  finishedAt?: number
}

const PATHS: readonly (readonly [string, Endpoint])[] = [
  ['/.well-known/', 'discovery'],
  ['/jwks', 'jwks'],
  ['/token/introspection', 'introspection'],
  ['/token/revocation', 'revocation'],
  ['/token', 'token'],
  ['/me', 'userinfo'],
  ['/device/auth', 'device'],
  ['/request', 'par'],
  ['/session/end', 'end_session'],
  ['/auth', 'authorization'],
]

export function endpointOf(path: string): Endpoint {
  return PATHS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'other'
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
  const url = new URL(request.url ?? '/', 'http://server.invalid')
  const params: Record<string, string> = Object.fromEntries(url.searchParams)
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    Object.assign(params, Object.fromEntries(new URLSearchParams(body.toString('utf8'))))
  }
  return {
    at,
    method,
    path: url.pathname,
    endpoint: endpointOf(url.pathname),
    grantType: params['grant_type'],
    params,
    headers,
  }
}
