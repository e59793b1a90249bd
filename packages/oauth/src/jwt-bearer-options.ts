import { checkSigningKey, type SigningKey } from './signing-key.ts'

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
