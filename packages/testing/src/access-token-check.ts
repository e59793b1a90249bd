import type { IncomingMessage } from 'node:http'
import type { Clock } from '@accountry/accounts'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { isProofValid } from './dpop-proof.ts'

export interface AccessTokenRules {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
  /** Where this server is, for DPoP proofs: without path. */
  readonly origin: string
  readonly clock: Clock
}

/** Who sent a request, or the challenge that refuses it. */
export type AccessTokenVerdict =
  | { readonly subject: string; readonly scopes: ReadonlySet<string> }
  | { readonly challenge: string }

/** Checks JWT access tokens as a resource server does: signature, issuer, audience, end, and the key it is bound to. */
export class AccessTokenCheck {
  readonly #rules: AccessTokenRules
  #keys: JWTVerifyGetKey | undefined

  constructor(rules: AccessTokenRules) {
    this.#rules = rules
  }

  async check(request: IncomingMessage): Promise<AccessTokenVerdict> {
    const [scheme = '', token = ''] = request.headers.authorization?.split(' ') ?? []
    if (token === '') return { challenge: 'Bearer realm="tasks"' }
    const isBearer = scheme.toLowerCase() === 'bearer'
    const name = isBearer ? 'Bearer' : 'DPoP'
    const claims = await this.#verified(token)
    if (typeof claims === 'string') return { challenge: refusal(name, claims) }
    const { sub, cnf } = claims as JWTPayload & { cnf?: { jkt?: string } }
    if (sub === undefined) return { challenge: refusal(name, 'the token names nobody') }
    const isRightScheme = cnf?.jkt === undefined ? isBearer : await this.#isProven(request, token, cnf.jkt)
    if (!isRightScheme) return { challenge: refusal('DPoP', 'the token does not fit its scheme or proof') }
    return { subject: sub, scopes: new Set(String(claims['scope'] ?? '').split(' ')) }
  }

  /** The claims, or why there are none. */
  async #verified(token: string): Promise<JWTPayload | string> {
    const { createRemoteJWKSet, errors, jwtVerify } = await import('jose')
    const { issuer, audience, jwksUri, clock } = this.#rules
    // No cool-down: the keys of a server that rotates them under test are read again at once.
    this.#keys ??= createRemoteJWKSet(new URL(jwksUri), { cooldownDuration: 0 })
    try {
      const options = { issuer, audience, currentDate: new Date(clock.now()), requiredClaims: ['exp'] }
      return (await jwtVerify(token, this.#keys, options)).payload
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'the token has ended'
      if (error instanceof errors.JWTClaimValidationFailed) return `the token has the wrong ${error.claim}`
      return 'the token was not issued by the server that this API trusts'
    }
  }

  async #isProven(request: IncomingMessage, accessToken: string, thumbprint: string): Promise<boolean> {
    const { authorization, dpop: proof } = request.headers
    const url = new URL(request.url ?? '/', this.#rules.origin)
    return (
      authorization?.toLowerCase().startsWith('dpop ') === true &&
      (await isProofValid({
        proof: typeof proof === 'string' ? proof : undefined,
        method: request.method ?? 'GET',
        url: `${url.origin}${url.pathname}`,
        accessToken,
        thumbprint,
        nowMs: this.#rules.clock.now(),
      }))
    )
  }
}

/** RFC 6750, section 3. */
function refusal(scheme: string, description: string): string {
  return `${scheme} realm="tasks", error="invalid_token", error_description="${description}"`
}
