import { createHash, randomBytes } from 'node:crypto'
import type { AuthorizationServer } from '@accountry/testing'

/** What a token request was answered. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, string | number>>
}

/** A client without any library, so that the tests of the server depend on nothing that the server is to test. */
export class OAuthClient {
  readonly #server: Pick<AuthorizationServer, 'issuer' | 'clientId'>
  readonly #verifier = randomBytes(32).toString('base64url')

  constructor(server: Pick<AuthorizationServer, 'issuer' | 'clientId'>) {
    this.#server = server
  }

  authorizationUrl(params: Record<string, string> = {}): URL {
    const url = new URL('/auth', this.#server.issuer)
    url.search = new URLSearchParams({
      client_id: this.#server.clientId,
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:50123/callback',
      scope: 'openid email profile tasks.read',
      state: 'state-1',
      code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...params,
    }).toString()
    return url
  }

  async redeem(callback: URL, params: Record<string, string> = {}): Promise<TokenAnswer> {
    return await this.token({
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: 'http://127.0.0.1:50123/callback',
      code_verifier: this.#verifier,
      ...params,
    })
  }

  async refresh(refreshToken: unknown, params: Record<string, string> = {}): Promise<TokenAnswer> {
    return await this.token({ grant_type: 'refresh_token', refresh_token: String(refreshToken), ...params })
  }

  async token(params: Record<string, string>, init: RequestInit = {}): Promise<TokenAnswer> {
    return await this.post('/token', params, init)
  }

  async post(path: string, params: Record<string, string>, init: RequestInit = {}): Promise<TokenAnswer> {
    const body = new URLSearchParams({ client_id: this.#server.clientId, ...params })
    const response = await fetch(new URL(path, this.#server.issuer), { method: 'POST', body, ...init })
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
  }
}
