import type { Clock } from '@accountry/accounts'
import type { JWK } from 'jose'
import { nodeCrypto } from './builtin.ts'
import { loadJose } from './protocol.ts'
import type { ServerClock } from './server-clock.ts'

/** Nonces are remembered for this many servers of a client. */
const MAX_ORIGINS = 100
const LONGEST_NONCE = 1024

/**
 * The private key of an account's proofs (RFC 9449 §4), as it is kept sealed beside the refresh token.
 *
 * A refresh token of a public client is bound to it: losing the key is losing the account.
 */
export type DpopKey = string

/** What one proof is for. */
export interface ProofRequest {
  readonly key: DpopKey
  readonly method: string
  readonly url: URL
  /** At a resource server: the token that goes along. */
  readonly accessToken?: string
  readonly nonce?: string | undefined
}

/** Makes a key for a new account: P-256, one per account and issuer. */
export async function createDpopKey(): Promise<DpopKey> {
  const jose = await loadJose()
  const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await jose.exportJWK(privateKey)
  return JSON.stringify({ kty, crv, x, y, d })
}

/**
 * Signs a proof of possession (RFC 9449 §4.2).
 *
 * Written here and not by oauth4webapi, because proofs for resource servers go into requests that somebody else
 * sends. Its time is the server's, because the server compares it with its own clock.
 */
export async function signProof(request: ProofRequest, clock: Clock, serverClock: ServerClock): Promise<string> {
  const jose = await loadJose()
  const jwk = privateKeyOf(request.key)
  const { url, accessToken, nonce } = request
  const claims = {
    jti: nodeCrypto().randomBytes(16).toString('base64url'),
    htm: request.method,
    // Without query and fragment (RFC 9449 §4.2).
    htu: `${url.origin}${url.pathname}`,
    ...(nonce !== undefined && { nonce }),
    ...(accessToken !== undefined && {
      ath: nodeCrypto().createHash('sha256').update(accessToken).digest('base64url'),
    }),
  }
  return await new jose.SignJWT(claims)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKeyOf(jwk) })
    .setIssuedAt(Math.floor(serverClock.now(clock) / 1000))
    .sign(await jose.importJWK(jwk, 'ES256'))
}

/** The thumbprint that binds an authorization code to the key (RFC 9449 §10). */
export async function keyThumbprint(key: DpopKey): Promise<string> {
  const jose = await loadJose()
  return await jose.calculateJwkThumbprint(publicKeyOf(privateKeyOf(key)))
}

function privateKeyOf(key: DpopKey): JWK {
  return JSON.parse(key) as JWK
}

function publicKeyOf({ kty, crv, x, y }: JWK): JWK {
  return { kty: kty ?? 'EC', crv: crv ?? 'P-256', x: x ?? '', y: y ?? '' }
}

/** The nonces that servers demand in proofs, one for each origin: a server's nonce means nothing to another one. */
export interface NonceMemory {
  of(url: URL): string | undefined
  /** Learns from any answer, also a good one (RFC 9449 §8.2). Returns whether the nonce is a new one. */
  learn(url: URL, headers: Headers): boolean
}

export function createNonceMemory(): NonceMemory {
  const nonces = new Map<string, string>()
  return {
    of: (url) => nonces.get(url.origin),
    learn(url, headers) {
      const nonce = headers.get('dpop-nonce')
      if (nonce === null || nonce === '' || nonce.length > LONGEST_NONCE) return false
      const isNew = nonces.get(url.origin) !== nonce
      nonces.delete(url.origin)
      nonces.set(url.origin, nonce)
      const [oldest] = nonces.keys()
      if (nonces.size > MAX_ORIGINS && oldest !== undefined) nonces.delete(oldest)
      return isNew
    },
  }
}
