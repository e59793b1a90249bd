import { type ScriptedServer, type ServerAnswer, type ServerAnswerFor, startScriptedServer } from '@accountry/testing'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterEach } from 'vitest'
import { secret } from './canaries.ts'

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

/** A key pair of a server, and the algorithm for which it is meant. */
export interface ServerKey {
  readonly kid: string
  readonly alg: string
  readonly jwk: JWK
  readonly privateKey: SigningKey
}

/** Claims or header parameters, also such as no honest server writes. One that is `undefined` is left out. */
export type Members = Readonly<Record<string, unknown>>
export type TokenAnswer = ServerAnswer | ServerAnswerFor

/** A service that says what a test wants it to say, also what no honest one would: an issuer with scripted endpoints. */
export class Service {
  readonly clientId = 'desktop'
  readonly server: ScriptedServer
  readonly issuer: string
  /** The nonce of the latest sign-in, which the browser tells. */
  nonce: string | undefined
  #key: ServerKey

  private constructor(server: ScriptedServer, key: ServerKey) {
    this.server = server
    this.issuer = server.origin
    this.#key = key
    this.describe({})
    this.publish(key)
    this.tokens({ json: goodTokens() })
  }

  static async start(metadata: Members = {}, host = '127.0.0.1'): Promise<Service> {
    const service = new Service(await startScriptedServer({ host }), await newKey('key-1'))
    service.describe(metadata)
    running.push(service)
    return service
  }

  get key(): ServerKey {
    return this.#key
  }

  /** What the metadata document says, with changes; `undefined` leaves a member out. */
  describe(changes: Members): void {
    this.server.on('/.well-known/openid-configuration', { json: { ...this.#metadata(), ...changes } })
  }

  /** What the token endpoint answers, one each; the last one stays. */
  tokens(...answers: readonly TokenAnswer[]): void {
    this.server.on('/token', ...answers)
  }

  /** The same for every sign-in: good tokens and an ID token for the nonce that was sent, with changed claims. */
  identity(claims: Members = {}, tokens: object = {}, header: Members = {}): void {
    this.tokens(async () => ({
      json: { ...goodTokens(), id_token: await this.idToken({ nonce: this.nonce, ...claims }, header), ...tokens },
    }))
  }

  /** Signs with the server's key. */
  async idToken(claims: Members = {}, header: Members = {}, key = this.#key): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: this.issuer, aud: this.clientId, sub: 'ana', iat: now, exp: now + 3600, ...claims }
    return await new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
  }

  /** Replaces what the server signs with, as servers do from time to time. */
  publish(...keys: readonly [ServerKey, ...ServerKey[]]): void {
    this.#key = keys[0]
    this.server.on('/jwks', { json: { keys: keys.map(({ jwk }) => jwk) } })
  }

  /** The forms that the token endpoint received. */
  get tokenRequests(): readonly URLSearchParams[] {
    return this.server.requestsTo('/token').map(({ body }) => new URLSearchParams(body))
  }

  #metadata(): Record<string, unknown> {
    const { issuer } = this
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      revocation_endpoint: `${issuer}/revoke`,
      userinfo_endpoint: `${issuer}/userinfo`,
      device_authorization_endpoint: `${issuer}/device`,
      jwks_uri: `${issuer}/jwks`,
      scopes_supported: ['openid', 'email', 'notes'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
      code_challenge_methods_supported: ['S256'],
    }
  }
}

/** Tokens as an honest server issues them; all of them are canaries. */
export function goodTokens(): Record<string, unknown> {
  return {
    access_token: secret('access token'),
    token_type: 'Bearer',
    expires_in: 3600,
    refresh_token: secret('rotated refresh token'),
  }
}

export async function newKey(kid: string, alg = 'ES256'): Promise<ServerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

const running: Service[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ server }) => server.close()))
})
