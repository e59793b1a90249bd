// The listener is alive in one of three modes:
//
//   waiting   until a callback with the right state arrives; every other request is answered and changes nothing
//   settled   the parameters were taken; the browser is being shown the last page, everything gets that page
//   closed    the port is free and every socket is gone
//
// waiting → settled by the callback, waiting → closed by close(), settled → closed by close(), which lets the browser
// fetch the last page first, for a second at most.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AccountError, type AuthenticatorContext, isAccountError } from '@accountry/accounts'
import { nodeHttp } from './builtin.ts'
import { pageHeaders, pages } from './loopback-page.ts'
import { judgeRequest } from './loopback-request.ts'

/** Callbacks are short; 64 KiB leaves room for providers with huge codes and keeps Node from answering 431 early. */
const MAX_HEADER_BYTES = 64 * 1024
const REQUEST_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 20
/** How long a browser may take to come back for the last page. */
const LAST_PAGE_MS = 1_000
/** How often another port is tried when both families are needed and the second one is taken. */
const PORT_ATTEMPTS = 10

/** Where a loopback redirect may arrive. */
export interface LoopbackRedirect {
  /** The host as the provider knows it. `localhost` needs both address families (docs/requirements.md LB-03). */
  readonly host: '127.0.0.1' | '[::1]' | 'localhost'
  /** 0: any free port. */
  readonly port: number
  /** What browsers ask for. */
  readonly path: string
  /** The path as the provider compares it; empty where it was registered without one. Default: `path`. */
  readonly writtenPath?: string
}

export interface LoopbackListenerOptions {
  readonly redirect: LoopbackRedirect
  readonly state: string
  readonly log: AuthenticatorContext['log']
}

/** A web server on this machine that waits for exactly one redirect. */
export interface LoopbackListener {
  /** What to send as `redirect_uri`, with the port that was bound. */
  readonly redirectUri: string
  /** The parameters of the callback that carried the right state. Never rejects. */
  readonly callback: Promise<URLSearchParams>
  /** Frees the port and drops every connection. After a callback the browser may first fetch its last page. */
  close(): Promise<void>
}

/**
 * Listens for the redirect of an authorization request on the loopback interface (RFC 8252 §7.3).
 *
 * @throws AccountError `ERR_UNSUPPORTED` (`port_in_use`) when the port that the provider demands is taken; another
 *   one is never tried behind its back; without a reason when this machine does not let anybody listen there.
 */
export async function openLoopbackListener(options: LoopbackListenerOptions): Promise<LoopbackListener> {
  const { redirect, state, log } = options
  const donePath = `${redirect.path === '/' ? '' : redirect.path}/done`
  const settled = Promise.withResolvers<URLSearchParams>()
  const shown = Promise.withResolvers<void>()
  let isSettled = false
  // Empty until every family is bound: a request that is faster than that matches no host.
  let host = ''
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    if (isSettled) {
      answer(response, 200, pages.done)
      // A second tab or a prefetch gets the page too; the browser that follows the redirect is the one waited for.
      if (request.url === donePath) response.once('close', shown.resolve)
      return
    }
    const verdict = judgeRequest(request, { host, path: redirect.path, state })
    const outcome = 'status' in verdict ? `refused ${verdict.status}` : 'accepted'
    log.debug('oauth.callback', { method: request.method, outcome })
    if ('status' in verdict) {
      answer(response, verdict.status, pages.refused)
      return
    }
    isSettled = true
    // 303 to a clean path, so that the code leaves the address bar and the history (docs/requirements.md LB-11).
    answer(response, 303, pages.done, { location: donePath })
    settled.resolve(verdict.parameters)
  }
  const servers = await bind(redirect, handle).catch((error: unknown) => {
    throw isAccountError(error) ? error : cannotListen(redirect, error)
  })
  host = `${hostOf(redirect, servers[0])}:${portOf(servers[0])}`
  return {
    redirectUri: `http://${host}${redirect.writtenPath ?? redirect.path}`,
    callback: settled.promise,
    async close() {
      if (isSettled) await Promise.race([shown.promise, delay(LAST_PAGE_MS)])
      await Promise.all(servers.map(closeServer))
    },
  }
}

function answer(response: ServerResponse, status: number, page: string, extra: Record<string, string> = {}): void {
  response.writeHead(status, { ...pageHeaders(), ...(status === 405 && { allow: 'GET' }), ...extra })
  response.end(page)
}

/** One for each address family that is needed; the first is the one whose address is advertised. */
type Servers = readonly [Server, ...Server[]]

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Binds literal loopback addresses only, never a name or the wildcard: other machines must not reach this. */
async function bind(redirect: LoopbackRedirect, handler: Handler): Promise<Servers> {
  if (redirect.host === 'localhost') return bindBothFamilies(redirect, handler)
  return [await listen(redirect.host === '[::1]' ? '::1' : '127.0.0.1', redirect.port, handler)]
}

/**
 * `localhost` resolves to either family, and another program could hold the same port on the family that is not
 * bound. So both are, or the sign-in is refused. A machine without IPv6 has nobody on `::1`.
 */
async function bindBothFamilies(redirect: LoopbackRedirect, handler: Handler): Promise<Servers> {
  for (let attempt = 1; ; attempt += 1) {
    const first = await listen('127.0.0.1', redirect.port, handler)
    try {
      return [first, await listen('::1', portOf(first), handler)]
    } catch (error) {
      if (codeOf(error) === 'EADDRNOTAVAIL' || codeOf(error) === 'EAFNOSUPPORT') return [first]
      await closeServer(first)
      if (redirect.port !== 0 || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function listen(address: string, port: number, handler: Handler): Promise<Server> {
  const server = nodeHttp().createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    },
    handler,
  )
  server.maxConnections = MAX_CONNECTIONS
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port, host: address, exclusive: true }, resolve)
  try {
    await promise
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') throw portInUse(port)
    throw error
  }
  return server
}

function portInUse(port: number): AccountError {
  const message = `Port ${port} on this machine is used by another program, and the service redirects to no other. Close that program and try again.`
  return new AccountError('ERR_UNSUPPORTED', message, { reason: 'port_in_use', retryable: true })
}

/** A port below 1024 without the right to it, or an address family that this machine does not have. */
function cannotListen({ host, port }: LoopbackRedirect, error: unknown): AccountError {
  const where = port === 0 ? host : `${host}:${port}`
  const code = codeOf(error)
  const message = `This machine does not let the app listen at ${where} (${typeof code === 'string' ? code : 'unknown'}). Use another redirect URI or another way to sign in.`
  return new AccountError('ERR_UNSUPPORTED', message, { cause: error })
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function hostOf(redirect: LoopbackRedirect, server: Server): string {
  if (redirect.host === 'localhost') return 'localhost'
  return (server.address() as AddressInfo).family === 'IPv6' ? '[::1]' : '127.0.0.1'
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  // A browser's silent pre-connection keeps close() waiting for ever.
  server.closeAllConnections()
  await promise
}

/** Real time, not the injected clock: it bounds a socket, and nothing is decided by it. */
function delay(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  return promise
}
