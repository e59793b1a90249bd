import type { AuthenticatorContext } from '@accountry/accounts'
import { nodeCrypto } from './builtin.ts'
import type { JwtBearerOptions } from './jwt-bearer-options.ts'
import { importSigningKey } from './key-import.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadJose } from './protocol.ts'

/** Whom the statement is about. */
export function bearerSubject(options: JwtBearerOptions, clientId: string): string {
  return options.subject ?? options.issuer ?? clientId
}

/**
 * Signs a statement for one request.
 *
 * @throws AccountError `ERR_MISCONFIGURED` when the key cannot be used.
 */
export async function signBearerAssertion(
  { settings, serverClock }: OAuthClient,
  context: Pick<AuthenticatorContext, 'clock'>,
  options: JwtBearerOptions,
  scopes: readonly string[],
): Promise<string> {
  const jose = await loadJose()
  const key = await importSigningKey(options, settings.label)
  const now = Math.floor(serverClock.now(context.clock) / 1000)
  const { keyId, algorithm = 'RS256', lifetimeS = 60 } = options
  const claims = options.scopeClaim === true && scopes.length > 0 ? { scope: scopes.join(' ') } : {}
  return await new jose.SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
    .setIssuer(options.issuer ?? settings.clientId)
    .setSubject(bearerSubject(options, settings.clientId))
    .setAudience(options.audience ?? settings.issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetimeS)
    .setJti(nodeCrypto().randomUUID())
    .sign(key)
}
