import { AccountError } from '@accountry/accounts'
import type { CompactVerifyResult, JWK, ProtectedHeaderParameters } from 'jose'
import { type ClaimFault, type ExpectedClaims, findClaimFault } from './id-token-claims.ts'
import { type Jose, loadJose } from './protocol.ts'
import { type BodyMembers, parseBody } from './response-body.ts'
import { type ServerCall, shownSubject } from './server-call.ts'
import type { ServerMetadata } from './server-metadata.ts'
import type { Settings } from './settings.ts'

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

/** What an ID token must fit: a sign-in, or with `previous` a refresh of an account. */
export type IdTokenExpectation = Pick<ExpectedClaims, 'accessToken' | 'nonce' | 'maxAgeS' | 'acrValues' | 'previous'>

/** An ID token that was believed. */
export interface IdentityToken {
  readonly value: string
  readonly subject: string
  readonly claims: BodyMembers
  /** `false`: the keys could not be fetched at a refresh, and the direct connection to the server had to do. */
  readonly isVerified: boolean
}

/** An ID token while it is being verified. */
interface Candidate {
  readonly value: string
  readonly header: ProtectedHeaderParameters
  readonly alg: string
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
  call: ServerCall,
  idToken: string,
  expectation: IdTokenExpectation,
): Promise<IdentityToken> {
  const jose = await loadJose()
  const { context, metadata } = call
  const candidate = readHeader(jose, call, idToken)
  const signed = await checkSignature(jose, call, candidate)
  if (signed === undefined && expectation.previous === undefined) throw keysUnavailable(call)
  if (signed === undefined) context.log.warn('identity_unverified', { issuer: new URL(metadata.issuer).host })
  const claims = readClaims(call, signed?.payload ?? jose.base64url.decode(idToken.split('.')[1] ?? ''))
  const fault = findFault(call, claims, { ...expectation, alg: candidate.alg })
  if (fault !== undefined) throw faultError(call, fault)
  return { value: idToken, subject: String(claims['sub']), claims, isVerified: signed !== undefined }
}

/**
 * Judges times by the server's clock as its answers tell it. A proxy may put another time into an answer than the
 * server put into the token, so this machine's own clock is heard too.
 */
function findFault(
  { client, context }: ServerCall,
  claims: BodyMembers,
  expected: IdTokenExpectation & Pick<ExpectedClaims, 'alg'>,
): ClaimFault | undefined {
  const { issuer, issuerTemplate, clientId, clockToleranceMs: toleranceMs } = client.settings
  const at = (now: number): ClaimFault | undefined =>
    findClaimFault(claims, { ...expected, issuer, issuerTemplate, clientId, now, toleranceMs })
  const fault = at(client.serverClock.now(context.clock))
  return fault?.kind === 'time' && client.serverClock.skewMs !== 0 ? at(context.clock.now()) : fault
}

/** The header names how to verify; only what was agreed before is believed of it. */
function readHeader(jose: Jose, call: ServerCall, idToken: string): Candidate {
  if (idToken.length > MAX_LENGTH) throw refusal(call, 'it is too long')
  const parts = idToken.split('.').length
  if (parts === 5) {
    const message = `${shownSubject(call)}: the service encrypts its ID tokens, which is not supported`
    throw new AccountError('ERR_UNSUPPORTED', message, { account: call.account })
  }
  if (parts !== 3) throw refusal(call, 'it is not a signed token')
  let header: ProtectedHeaderParameters
  try {
    header = jose.decodeProtectedHeader(idToken)
  } catch {
    throw refusal(call, 'its header cannot be read')
  }
  // Access tokens, logout tokens and proofs are signed by the same keys (docs/requirements.md V-15).
  const { typ, alg } = header
  if (typ !== undefined && String(typ).toUpperCase() !== 'JWT') throw refusal(call, 'it is another kind of token')
  if (typeof alg !== 'string' || !allowedAlgorithms(call.client.settings, call.metadata).includes(alg)) {
    throw refusal(call, 'it is signed with an algorithm that is not allowed')
  }
  return { value: idToken, header, alg }
}

/** Never `none`; a shared secret only where the app named it. */
export function allowedAlgorithms(
  { idTokenAlgorithms }: Pick<Settings, 'idTokenAlgorithms'>,
  metadata: Pick<ServerMetadata, 'id_token_signing_alg_values_supported'>,
): readonly string[] {
  if (idTokenAlgorithms !== undefined) return idTokenAlgorithms
  const listed = metadata.id_token_signing_alg_values_supported?.filter((alg) => ASYMMETRIC.includes(alg)) ?? []
  return listed.length > 0 ? listed : ['RS256']
}

/** @returns `undefined` when the keys cannot be had. */
async function checkSignature(
  jose: Jose,
  call: ServerCall,
  { value, header, alg }: Candidate,
): Promise<CompactVerifyResult | undefined> {
  const candidates = await candidateKeys(call, header, alg)
  if (candidates === undefined) return undefined
  for (const key of candidates) {
    try {
      return await jose.compactVerify(value, key, { algorithms: [alg] })
    } catch {
      // Without a key id several keys may fit, of which one is the right one and another may be damaged.
    }
  }
  throw refusal(call, candidates.length === 0 ? 'its key is unknown to the server' : 'its signature is wrong')
}

async function candidateKeys(
  { client, context, metadata }: ServerCall,
  { kid }: ProtectedHeaderParameters,
  alg: string,
): Promise<readonly (JWK | Uint8Array)[] | undefined> {
  const { clientSecret } = client.settings
  if (alg.startsWith('HS')) return clientSecret === undefined ? [] : [new TextEncoder().encode(clientSecret)]
  if (metadata.jwks_uri === undefined) return undefined
  return client.keys.find(metadata.jwks_uri, { kid: typeof kid === 'string' ? kid : undefined, alg }, context)
}

function readClaims(call: ServerCall, payload: Uint8Array): BodyMembers {
  const body = parseBody(new TextDecoder().decode(payload), 'application/json')
  if (body.kind !== 'members') throw refusal(call, 'its claims cannot be read')
  return body.members
}

function faultError(call: ServerCall, fault: ClaimFault): AccountError {
  const { account, client } = call
  const why = `its ${fault.claim} ${fault.why}`
  if (fault.kind === 'identity') {
    const message = `${shownSubject(call)}: the server answered for another sign-in than this account's (${why}). Sign in again.`
    return new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'identity_changed', account })
  }
  if (fault.kind === 'time' && !client.serverClock.isKnown) {
    const message = `${shownSubject(call)}: the ID token was rejected, ${why}. Check the clock of this machine.`
    return new AccountError('ERR_CLOCK_SKEW', message, { account })
  }
  return refusal(call, why)
}

function keysUnavailable(call: ServerCall): AccountError {
  const message = `${shownSubject(call)}: the keys that would prove who signed in could not be fetched. Try again.`
  return new AccountError('ERR_NETWORK', message, { reason: 'server', account: call.account })
}

function refusal(call: ServerCall, why: string): AccountError {
  return new AccountError('ERR_INVALID_RESPONSE', `${shownSubject(call)}: the ID token was rejected: ${why}.`, {
    account: call.account,
  })
}
