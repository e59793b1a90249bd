import { createHash } from 'node:crypto'
import type { ReceivedRequest } from '@accountry/testing'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'

/** A proof of possession (RFC 9449) that a server received and verified. */
export interface Proof {
  readonly typ: unknown
  readonly htm: unknown
  readonly htu: unknown
  readonly jti: unknown
  readonly iat: unknown
  readonly nonce: unknown
  readonly ath: unknown
  readonly thumbprint: string
}

/** Verifies the signature of a request's proof with the key that it brings. */
export async function proofOf({ headers }: Pick<ReceivedRequest, 'headers'>): Promise<Proof> {
  const { payload, protectedHeader } = await jwtVerify(String(headers['dpop']), EmbeddedJWK, {
    // Whether the time is right is for the test to say.
    currentDate: new Date(0),
  })
  const { htm, htu, jti, iat, nonce, ath } = payload as Record<string, unknown>
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? { kty: 'none' })
  return { typ: protectedHeader.typ, htm, htu, jti, iat, nonce, ath, thumbprint }
}

/** How a proof names the access token that it goes with. */
export function hashOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url')
}
