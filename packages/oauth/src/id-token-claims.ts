import { nodeCrypto } from './builtin.ts'
import { type ExpectedIssuer, isTokenIssuer } from './issuer.ts'
import type { BodyMembers } from './response-body.ts'
import { isSameText } from './same-text.ts'

/** What earlier ID tokens of an account said. */
export interface PreviousIdentity {
  readonly subject?: string | undefined
  /** Where one client serves several tenants: the tenant's issuer. */
  readonly issuer?: string | undefined
  readonly nonce?: string | undefined
  readonly authTime?: number | undefined
}

/** What the claims of an ID token must say. */
export interface ExpectedClaims extends ExpectedIssuer {
  readonly clientId: string
  /** The server's time, epoch milliseconds. */
  readonly now: number
  readonly toleranceMs: number
  /** The access token that came along, for `at_hash`. */
  readonly accessToken?: string | undefined
  readonly alg: string
  /** At a sign-in: the nonce that was sent. */
  readonly nonce?: string | undefined
  /** At a sign-in: the person must have signed in within this many seconds. */
  readonly maxAgeS?: number | undefined
  /** At a sign-in: one of these must be the `acr`. */
  readonly acrValues?: readonly string[] | undefined
  /** At a refresh: what the first ID token of this account said (OpenID Connect Core §12.2). */
  readonly previous?: PreviousIdentity | undefined
}

/** What an ID token is refused for. Only these say something about a clock or about another person. */
export type ClaimFault =
  | { readonly kind: 'invalid'; readonly claim: string; readonly why: string }
  | { readonly kind: 'time'; readonly claim: string; readonly why: string }
  | { readonly kind: 'identity'; readonly claim: string; readonly why: string }

/** A fresh sign-in yields a fresh ID token. */
const OLDEST_AT_SIGN_IN_MS = 600_000
const LONGEST_SUBJECT = 255

/**
 * Checks the claims of an ID token (OpenID Connect Core §3.1.3.7 and §12.2, docs/requirements.md V-02…V-12, V-17). Pure.
 *
 * The signature is checked elsewhere; most of what is here no JOSE library does by itself.
 *
 * @returns The first fault, or `undefined` when there is none.
 */
export function findClaimFault(claims: BodyMembers, expected: ExpectedClaims): ClaimFault | undefined {
  const fault = findFault(claims, expected)
  // Once it is known whose account it is, a renewal for another issuer, client or sign-in is not this account's (V-12).
  const isAboutIdentity = fault !== undefined && CONTINUOUS.has(fault.claim)
  return isAboutIdentity && expected.previous?.subject !== undefined ? { ...fault, kind: 'identity' } : fault
}

/** What stays the same from the sign-in on (OpenID Connect Core §12.2). */
const CONTINUOUS: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'azp', 'auth_time'])

function findFault(claims: BodyMembers, expected: ExpectedClaims): ClaimFault | undefined {
  return (
    findIssuerFault(claims, expected) ??
    findSubjectFault(claims, expected) ??
    findAudienceFault(claims, expected) ??
    findTimeFault(claims, expected) ??
    findNonceFault(claims, expected) ??
    findTokenHashFault(claims, expected) ??
    findAuthenticationFault(claims, expected)
  )
}

function findIssuerFault(claims: BodyMembers, expected: ExpectedClaims): ClaimFault | undefined {
  if (!isTokenIssuer(claims['iss'], claims['tid'], expected)) return invalid('iss', 'names another issuer')
  const before = expected.previous?.issuer
  if (before === undefined || before === claims['iss']) return undefined
  return { kind: 'identity', claim: 'iss', why: 'names another tenant' }
}

function findSubjectFault(claims: BodyMembers, { previous }: ExpectedClaims): ClaimFault | undefined {
  const { sub } = claims as { sub?: unknown }
  // Not longer than 255 ASCII characters (OpenID Connect Core §2).
  if (typeof sub !== 'string' || sub === '') return invalid('sub', 'is missing')
  if (sub.length > LONGEST_SUBJECT || !/^[\x20-\x7e]+$/.test(sub)) return invalid('sub', 'is too long or not ASCII')
  if (previous?.subject === undefined || previous.subject === sub) return undefined
  return { kind: 'identity', claim: 'sub', why: 'names another person' }
}

function findAudienceFault(claims: BodyMembers, { clientId }: ExpectedClaims): ClaimFault | undefined {
  const { aud, azp } = claims as { aud?: unknown; azp?: unknown }
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audiences.length === 0 || !audiences.every((audience) => audience === clientId)) {
    return invalid('aud', 'is not this client alone')
  }
  return azp === undefined || azp === clientId ? undefined : invalid('azp', 'is another client')
}

function findTimeFault(claims: BodyMembers, expected: ExpectedClaims): ClaimFault | undefined {
  const { exp, iat, nbf } = claims as { exp?: unknown; iat?: unknown; nbf?: unknown }
  const { now, toleranceMs } = expected
  if (!isInstant(exp)) return invalid('exp', 'is missing')
  if (!isInstant(iat)) return invalid('iat', 'is missing')
  if (nbf !== undefined && !isInstant(nbf)) return invalid('nbf', 'is not a time')
  if (exp * 1000 + toleranceMs <= now) return time('exp', 'has passed')
  if (iat * 1000 > now + toleranceMs) return time('iat', 'lies in the future')
  if (isInstant(nbf) && nbf * 1000 > now + toleranceMs) return time('nbf', 'lies in the future')
  const isSignIn = expected.previous === undefined
  if (isSignIn && iat * 1000 + OLDEST_AT_SIGN_IN_MS + toleranceMs < now) return time('iat', 'is too old')
  return undefined
}

/** At a refresh the nonce is absent, or the one of the sign-in. */
function findNonceFault(claims: BodyMembers, expected: ExpectedClaims): ClaimFault | undefined {
  const { nonce } = claims as { nonce?: unknown }
  if (expected.previous === undefined) {
    if (expected.nonce === undefined) return undefined
    const isRight = typeof nonce === 'string' && isSameText(nonce, expected.nonce)
    return isRight ? undefined : invalid('nonce', 'is not the one that was sent')
  }
  if (nonce === undefined || expected.previous.nonce === undefined || nonce === expected.previous.nonce)
    return undefined
  return invalid('nonce', 'is not the one of the sign-in')
}

function findTokenHashFault(claims: BodyMembers, { accessToken, alg }: ExpectedClaims): ClaimFault | undefined {
  const hash = claims['at_hash']
  if (hash === undefined || accessToken === undefined) return undefined
  return hash === accessTokenHash(accessToken, alg) ? undefined : invalid('at_hash', 'belongs to another access token')
}

/** The left half of the hash that goes with the signature's algorithm (OpenID Connect Core §3.1.3.6). */
export function accessTokenHash(accessToken: string, alg: string): string {
  const bits = alg.endsWith('256') ? 256 : alg.endsWith('384') ? 384 : 512
  const digest = nodeCrypto().createHash(`sha${bits}`).update(accessToken, 'ascii').digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

function findAuthenticationFault(claims: BodyMembers, expected: ExpectedClaims): ClaimFault | undefined {
  const authTime = claims['auth_time']
  const { acrValues, maxAgeS, previous, now, toleranceMs } = expected
  if (authTime !== undefined && !isInstant(authTime)) return invalid('auth_time', 'is not a time')
  if (previous !== undefined) {
    const isSame = authTime === undefined || previous.authTime === undefined || authTime === previous.authTime
    return isSame ? undefined : invalid('auth_time', 'changed without a new sign-in')
  }
  if (acrValues !== undefined && !acrValues.includes(String(claims['acr']))) {
    return invalid('acr', 'is not one of those that were asked for')
  }
  if (maxAgeS === undefined) return undefined
  if (!isInstant(authTime)) return invalid('auth_time', 'is missing')
  const isRecent = (authTime + maxAgeS) * 1000 + toleranceMs >= now
  return isRecent ? undefined : invalid('auth_time', 'is older than was asked for')
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1e12
}

function invalid(claim: string, why: string): ClaimFault {
  return { kind: 'invalid', claim, why }
}

function time(claim: string, why: string): ClaimFault {
  return { kind: 'time', claim, why }
}
