import { createHash } from 'node:crypto'

/** A request that came with a DPoP-bound access token. */
export interface BoundRequest {
  readonly proof: string | undefined
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  readonly accessToken: string
  /** Thumbprint of the key to which the token is bound. */
  readonly thumbprint: string
  readonly nowMs: number
  /** The nonce that the proof must carry. Default: none is required. */
  readonly nonce?: string | undefined
}

const MAX_AGE_S = 60

/**
 * Whether a request proves possession of the key to which its access token is bound.
 *
 * @see [RFC 9449, section 4.3](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
 */
export async function isProofValid(request: BoundRequest): Promise<boolean> {
  const { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } = await import('jose')
  if (request.proof === undefined) return false
  const verified = await jwtVerify(request.proof, EmbeddedJWK, { typ: 'dpop+jwt' }).catch(() => undefined)
  const jwk = verified?.protectedHeader.jwk
  if (verified === undefined || jwk === undefined) return false
  const { payload } = verified
  const age = Math.abs(request.nowMs / 1_000 - (payload.iat ?? 0))
  return (
    (await calculateJwkThumbprint(jwk)) === request.thumbprint &&
    payload['htm'] === request.method &&
    payload['htu'] === request.url &&
    payload['ath'] === createHash('sha256').update(request.accessToken).digest('base64url') &&
    typeof payload.jti === 'string' &&
    age <= MAX_AGE_S &&
    (request.nonce === undefined || payload['nonce'] === request.nonce)
  )
}
