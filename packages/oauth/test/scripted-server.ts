import type { webcrypto } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** What the server does with one request, or with all of a path when it is the last entry of the script. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
  /** Drop the connection before or in the middle of the answer. */
  readonly cut?: 'before-headers' | 'mid-body'
  /** Read the request and never answer. */
  readonly silent?: boolean
  /** Read the request and answer when this resolves. */
  readonly hold?: Promise<void>
}

export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: URLSearchParams
}

/**
 * An authorization server that says exactly what a test tells it to, also what no honest server would say, and
 * records every request with its body.
 */
export interface ScriptedServer extends AsyncDisposable {
  readonly issuer: string
  readonly requests: RecordedRequest[]
  requestsTo(path: string): RecordedRequest[]
  /** Answers to a path, used up one by one; the last one stays. */
  script(path: string, ...answers: ScriptedAnswer[]): void
  signIdToken(claims: JWTPayload, options?: { kid?: string; typ?: string; alg?: string }): Promise<string>
  /** Replaces the signing key, as a server does when it rotates. */
  rotateKey(kid: string): Promise<void>
  readonly clientId: string
}

export async function startScriptedServer(metadata: Record<string, unknown> = {}): Promise<ScriptedServer> {
  const scripts = new Map<string, ScriptedAnswer[]>()
  const requests: RecordedRequest[] = []
  const server = createServer((request, response) => void handle(request, response))
  server.keepAliveTimeout = 1
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let key = await newKey('key-1')

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += chunk
    const path = (request.url ?? '').split('?')[0] ?? ''
    requests.push({ method: request.method ?? '', path, headers: request.headers, body: new URLSearchParams(text) })
    const queue = scripts.get(path)
    const answer = queue !== undefined && queue.length > 1 ? queue.shift() : queue?.[0]
    await answer?.hold
    reply(response, answer ?? { status: 404, body: 'not here' })
  }

  const scripted: ScriptedServer = {
    issuer,
    clientId: 'desktop',
    requests,
    requestsTo: (path) => requests.filter((request) => request.path === path),
    script: (path, ...answers) => void scripts.set(path, answers),
    signIdToken: (claims, options = {}) =>
      new SignJWT({ iss: issuer, aud: 'desktop', sub: 'ana', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: options.kid ?? key.kid, ...(options.typ && { typ: options.typ }) })
        .setIssuedAt(claims.iat)
        .setExpirationTime(claims.exp ?? '1h')
        .sign(key.privateKey),
    async rotateKey(kid) {
      key = await newKey(kid)
      scripted.script('/jwks', { body: { keys: [key.jwk] } })
    },
    [Symbol.asyncDispose]: () => close(server),
  }
  scripted.script('/jwks', { body: { keys: [key.jwk] } })
  scripted.script('/.well-known/openid-configuration', {
    body: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      revocation_endpoint: `${issuer}/revoke`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
      code_challenge_methods_supported: ['S256'],
      ...metadata,
    },
  })
  return scripted
}

async function newKey(kid: string): Promise<{ kid: string; jwk: JWK; privateKey: webcrypto.CryptoKey }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

function reply(response: ServerResponse, answer: ScriptedAnswer): void {
  if (answer.silent === true) return
  if (answer.cut === 'before-headers') {
    response.socket?.destroy()
    return
  }
  const isText = typeof answer.body === 'string'
  const text = isText ? String(answer.body) : answer.body === undefined ? '' : JSON.stringify(answer.body)
  const type = isText ? 'text/plain' : 'application/json'
  const length = answer.cut === 'mid-body' ? text.length + 10 : Buffer.byteLength(text)
  response.writeHead(answer.status ?? 200, { 'content-type': type, 'content-length': length, ...answer.headers })
  response.write(text)
  if (answer.cut === 'mid-body') setImmediate(() => response.socket?.destroy())
  else response.end()
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** A browser in which the person allows everything at once: straight to the redirect URI. */
export function obedientBrowser(
  server: ScriptedServer,
  change: (callback: URL, authorization: URL) => void = () => undefined,
): { openBrowser: (request: { url: URL }) => Promise<void>; readonly visited: URL[] } {
  const visited: URL[] = []
  return {
    visited,
    async openBrowser({ url }) {
      visited.push(url)
      const callback = new URL(url.searchParams.get('redirect_uri') ?? '')
      callback.searchParams.set('state', url.searchParams.get('state') ?? '')
      callback.searchParams.set('code', 'code-1')
      callback.searchParams.set('iss', server.issuer)
      change(callback, url)
      await (await fetch(callback)).text()
    },
  }
}
