import type { IncomingMessage, ServerResponse } from 'node:http'
import { isProofValid } from '../dpop-proof.ts'
import { claimsOf } from './options.ts'
import type { ProviderParts } from './provider-parts.ts'

/**
 * Answers userinfo requests that carry a JWT access token. The provider's own endpoint takes only tokens without an
 * audience; most services take the token that they issued.
 *
 * @returns Whether the request was answered. Otherwise the provider has to.
 */
export async function answerUserinfo(
  parts: ProviderParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [scheme = '', token = ''] = request.headers.authorization?.split(' ') ?? []
  if (request.url !== '/me' || token.split('.').length !== 3) return false
  const nowMs = parts.time.clock.now()
  const claims = await parts.key.verify(token, { issuer: parts.issuer, nowMs })
  const thumbprint = (claims?.['cnf'] as { jkt?: string } | undefined)?.jkt
  const proof = request.headers['dpop']
  const isBound =
    thumbprint === undefined
      ? scheme.toLowerCase() === 'bearer'
      : await isProofValid({
          proof: typeof proof === 'string' ? proof : undefined,
          method: request.method ?? 'GET',
          url: `${parts.issuer}/me`,
          accessToken: token,
          thumbprint,
          nowMs,
        })
  if (claims?.sub === undefined || !isBound) {
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
    return true
  }
  const scopes = new Set(String(claims['scope'] ?? '').split(' '))
  const body = JSON.stringify(claimsFor(scopes, claimsOf(parts.settings.users, claims.sub)))
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  return true
}

const EMAIL_CLAIMS = ['email', 'email_verified']

function claimsFor(scopes: ReadonlySet<string>, claims: Record<string, unknown>): Record<string, unknown> {
  const isAllowed = (name: string): boolean =>
    name === 'sub' || (EMAIL_CLAIMS.includes(name) ? scopes.has('email') : scopes.has('profile'))
  return Object.fromEntries(Object.entries(claims).filter(([name]) => isAllowed(name)))
}
