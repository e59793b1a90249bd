import type { webcrypto } from 'node:crypto'
import type { JWK, JWTHeaderParameters, JWTPayload } from 'jose'

/** Header and claims that replace those of an honest token. */
export interface JwtOptions {
  readonly header?: Partial<JWTHeaderParameters>
}

/** The key with which one authorization server signs; the same that its JWKS publishes. */
export class SigningKey {
  readonly jwk: JWK
  readonly #privateKey: webcrypto.CryptoKey
  readonly #publicKey: webcrypto.CryptoKey

  private constructor(pair: webcrypto.CryptoKeyPair, jwk: JWK) {
    this.#privateKey = pair.privateKey
    this.#publicKey = pair.publicKey
    this.jwk = { ...jwk, alg: 'RS256', use: 'sig', kid: 'test-key' }
  }

  static async generate(): Promise<SigningKey> {
    const { exportJWK, generateKeyPair } = await import('jose')
    const pair = await generateKeyPair('RS256', { extractable: true })
    return new SigningKey(pair, await exportJWK(pair.privateKey))
  }

  async sign(claims: JWTPayload, options: JwtOptions = {}): Promise<string> {
    const { SignJWT } = await import('jose')
    const header = { alg: 'RS256', kid: 'test-key', ...options.header }
    return await new SignJWT(claims).setProtectedHeader(header).sign(this.#privateKey)
  }

  /** The claims of a token that this server signed and that has not ended. */
  async verify(token: string, options: { issuer: string; nowMs: number }): Promise<JWTPayload | undefined> {
    const { jwtVerify } = await import('jose')
    const { issuer, nowMs } = options
    const verified = await jwtVerify(token, this.#publicKey, { issuer, currentDate: new Date(nowMs) }).catch(
      () => undefined,
    )
    return verified?.payload
  }
}
