import { type Account, AccountError, type AuthenticatorContext } from '@accountry/accounts'
import type { CompactVerifyResult, JWK } from 'jose'
import { type ClaimFault, type ExpectedClaims, findClaimFault } from './id-token-claims.ts'
import type { OAuthClient } from './oauth-client.ts'
import { type Jose, loadJose } from './protocol.ts'
import { type BodyMembers, parseBody } from './response-body.ts'
import type { ServerMetadata } from './server-metadata.ts'

const MAX_LENGTH = 64 * 1024
const ASYMMETRIC: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** What the ID token is for, which decides how a key set that cannot be fetched is taken. */
export type IdTokenExpectation = Pick<ExpectedClaims, 'accessToken' | 'nonce' | 'maxAgeS' | 'acrValues' | 'previous'>

/** An ID token that was believed. */
export interface IdentityToken {
  readonly value: string
  readonly subject: string
  readonly claims: BodyMembers
  /** `false`: the keys could not be fetched at a refresh, and the direct connection to the server had to do. */
  readonly isVerified: boolean
}

/**
 * Verifies the signature and the claims of an ID token (OpenID Connect Core §3.1.3.7, §12.2).
 *
 * At a sign-in everything must be right, since nothing is lost by refusing. At a refresh a key set that cannot be
 * fetched is not held against the token: it came straight from the token endpoint (rule 6), and the account must not
 * stop working because another server is down.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE`; `ERR_CLOCK_SKEW` when only the time is wrong and the server has not
 *   said what time it is; `ERR_INTERACTION_REQUIRED` (`identity_changed`) when another person is named;
 *   `ERR_NETWORK` when the keys cannot be fetched at a sign-in; `ERR_UNSUPPORTED` for an encrypted one.
 */
export async function verifyIdToken(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  idToken: string,
  expectation: IdTokenExpectation,
  account?: Account,
): Promise<IdentityToken> {
  const jose = await loadJose()
  const refuse = (why: string): AccountError => refusal(client, account, why)
  if (idToken.length > MAX_LENGTH) throw refuse('it is too long')
  const parts = idToken.split('.').length
  if (parts === 5)
    throw new AccountError('ERR_UNSUPPORTED', `${client.settings.label} encrypts its ID tokens`, { account })
  if (parts !== 3) throw refuse('it is not a signed token')
  const alg = checkedAlgorithm(jose, client, metadata, idToken, refuse)
  const signed = await checkSignature(jose, client, context, metadata, idToken, alg, refuse)
  const isVerified = signed !== undefined
  if (!isVerified && expectation.previous === undefined) throw keysUnavailable(client)
  if (!isVerified) context.log.warn('identity_unverified', { issuer: new URL(metadata.issuer).host })
  const claims = readClaims(signed?.payload ?? jose.base64url.decode(idToken.split('.')[1] ?? ''), refuse)
  const fault = findClaimFault(claims, {
    ...expectation,
    alg,
    issuer: metadata.issuer,
    clientId: client.settings.clientId,
    now: client.serverClock.now(context.clock),
    toleranceMs: client.settings.clockToleranceMs,
  })
  if (fault !== undefined) throw faultError(client, fault, account)
  return { value: idToken, subject: String(claims['sub']), claims, isVerified }
}

/** The header names how to verify; only what was agreed before is believed of it. */
function checkedAlgorithm(
  jose: Jose,
  client: OAuthClient,
  metadata: ServerMetadata,
  idToken: string,
  refuse: (why: string) => AccountError,
): string {
  let header: ReturnType<Jose['decodeProtectedHeader']>
  try {
    header = jose.decodeProtectedHeader(idToken)
  } catch {
    throw refuse('its header cannot be read')
  }
  // Access tokens, logout tokens and proofs are signed by the same keys (security.md V-15).
  if (header.typ !== undefined && String(header.typ).toUpperCase() !== 'JWT')
    throw refuse('it is another kind of token')
  const { alg } = header
  if (typeof alg === 'string' && allowedAlgorithms(client, metadata).includes(alg)) return alg
  throw refuse('it is signed with an algorithm that is not allowed')
}

/** Never `none`; a shared secret only where the app named it. */
export function allowedAlgorithms(client: Pick<OAuthClient, 'settings'>, metadata: ServerMetadata): readonly string[] {
  const { idTokenAlgorithms } = client.settings
  if (idTokenAlgorithms !== undefined) return idTokenAlgorithms
  const listed = metadata.id_token_signing_alg_values_supported?.filter((alg) => ASYMMETRIC.includes(alg)) ?? []
  return listed.length > 0 ? listed : ['RS256']
}

/** @returns `undefined` when the keys cannot be had. */
async function checkSignature(
  jose: Jose,
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  idToken: string,
  alg: string,
  refuse: (why: string) => AccountError,
): Promise<CompactVerifyResult | undefined> {
  const candidates = await candidateKeys(jose, client, context, metadata, idToken, alg)
  if (candidates === undefined) return undefined
  for (const key of candidates) {
    try {
      return await jose.compactVerify(idToken, key, { algorithms: [alg] })
    } catch (error) {
      // Without a key id several keys may fit, and only one of them is the right one.
      if (!(error instanceof jose.errors.JWSSignatureVerificationFailed)) throw refuse('it cannot be verified')
    }
  }
  throw refuse(candidates.length === 0 ? 'its key is unknown to the server' : 'its signature is wrong')
}

async function candidateKeys(
  jose: Jose,
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  idToken: string,
  alg: string,
): Promise<readonly (JWK | Uint8Array)[] | undefined> {
  const { clientSecret } = client.settings
  if (alg.startsWith('HS')) return clientSecret === undefined ? [] : [new TextEncoder().encode(clientSecret)]
  if (metadata.jwks_uri === undefined) return undefined
  const { kid } = jose.decodeProtectedHeader(idToken)
  return client.keys.find(metadata.jwks_uri, { kid: typeof kid === 'string' ? kid : undefined, alg }, context)
}

function readClaims(payload: Uint8Array, refuse: (why: string) => AccountError): BodyMembers {
  const body = parseBody(new TextDecoder().decode(payload), 'application/json')
  if (body.kind !== 'members') throw refuse('its claims cannot be read')
  return body.members
}

function faultError(client: OAuthClient, fault: ClaimFault, account: Account | undefined): AccountError {
  const why = `its ${fault.claim} ${fault.why}`
  if (fault.kind === 'identity') {
    const message = `${subjectOf(client, account)}: the server answered for another person (${why}). Sign in again.`
    return new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'identity_changed', account })
  }
  if (fault.kind === 'time' && !client.serverClock.isKnown) {
    const message = `${subjectOf(client, account)}: the ID token was rejected, ${why}. Check the clock of this machine.`
    return new AccountError('ERR_CLOCK_SKEW', message, { account })
  }
  return refusal(client, account, why)
}

function keysUnavailable(client: OAuthClient): AccountError {
  const message = `${client.settings.label}: the keys that would prove who signed in could not be fetched. Try again.`
  return new AccountError('ERR_NETWORK', message, { reason: 'server' })
}

function refusal(client: OAuthClient, account: Account | undefined, why: string): AccountError {
  return new AccountError('ERR_INVALID_RESPONSE', `${subjectOf(client, account)}: the ID token was rejected: ${why}.`, {
    account,
  })
}

function subjectOf(client: OAuthClient, account: Account | undefined): string {
  return account === undefined ? client.settings.label : `${account.name} (${account.type})`
}
