import type { AuthenticatorContext } from '@accountry/accounts'
import { nodeCrypto } from './builtin.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadJose } from './protocol.ts'
import { checkSigningKey, importSigningKey, type SigningKey } from './signing-key.ts'

/** The statement that stands in for a person (RFC 7523 §2.1), such as that of a service account. */
export interface JwtBearerOptions extends SigningKey {
  /** Who makes the statement. Default: the client id. */
  readonly issuer?: string
  /** On whose behalf. Default: {@link JwtBearerOptions.issuer}. */
  readonly subject?: string
  /** Whom it is for. Default: the issuer of the server. */
  readonly audience?: string
  /** Seconds for which it is good, at most 3600. Default 60. */
  readonly lifetimeS?: number
  /** The scopes are part of the statement instead of the request, as with Google. Default `false`. */
  readonly scopeClaim?: boolean
}

const LONGEST_LIFETIME_S = 3600

/** @throws TypeError naming the option. */
export function checkJwtBearer(value: JwtBearerOptions): void {
  checkSigningKey(value, 'jwtBearer')
  const { lifetimeS = 60 } = value
  if (typeof lifetimeS !== 'number' || !(lifetimeS > 0 && lifetimeS <= LONGEST_LIFETIME_S)) {
    throw new TypeError(`jwtBearer.lifetimeS must be a number of seconds up to ${LONGEST_LIFETIME_S}`)
  }
}

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
