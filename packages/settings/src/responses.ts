import type { ServerResponse } from 'node:http'

/** Nothing is loaded from elsewhere, nothing runs that is not ours, nobody frames the page, nothing is kept. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** An answer before it is sent. */
export interface Reply {
  readonly status?: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** A page. */
export function html(body: string, options: Pick<Reply, 'status' | 'headers'> = {}): Reply {
  return { contentType: 'text/html; charset=utf-8', body, ...options }
}

export function json(value: object, options: Pick<Reply, 'status' | 'headers'> = {}): Reply {
  return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(value), ...options }
}

/** Says nothing of what is there. The connection ends, so that a body that nobody reads costs nothing. */
export function refusal(status: number): Reply {
  const headers = { Connection: 'close', ...(status === 405 && { Allow: 'GET, POST' }) }
  return { status, contentType: 'text/plain; charset=utf-8', body: `${status}\n`, headers }
}

export function send(response: ServerResponse, { status = 200, contentType, body, headers }: Reply): void {
  if (response.headersSent || response.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, { ...HEADERS, 'Content-Type': contentType, 'Content-Length': bytes.length, ...headers })
  response.end(bytes)
}

/** The head of a stream of server-sent events. */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream; charset=utf-8' })
  response.flushHeaders()
}
