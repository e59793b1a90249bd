import type { AccountErrorChallenge } from '@accountry/accounts'
import type { Challenge } from './challenges.ts'

/**
 * What an answer says about the token it was asked with.
 *
 * - `accepted`: nothing; the answer is the caller's, whatever its status.
 * - `token-rejected`: the token is no good; another one may be.
 * - `nonce-required`: the token is good, the DPoP proof needs the nonce that came along (RFC 9449 section 9).
 * - `insufficient-scope`: a refresh gives no more rights; the person has to grant them (RFC 6750 section 3.1).
 * - `step-up`: the person has to authenticate again, or better (RFC 9470 section 3).
 */
export type Verdict =
  | { readonly kind: 'accepted' | 'token-rejected' | 'nonce-required' }
  | { readonly kind: 'insufficient-scope' | 'step-up'; readonly challenge: AccountErrorChallenge }

const ACCEPTED: Verdict = { kind: 'accepted' }

/**
 * Judges an answer by its status and its challenges. Pure.
 *
 * Only `Bearer` and `DPoP` challenges speak of our token. A 401 that names no error we know counts as a rejected
 * token, also when its header cannot be read: servers are careless there, and one refresh is cheap. 400 and other
 * 403 are the caller's. 407 is about a proxy and never about the token.
 *
 * @param known Whether a DPoP nonce is known that this request did not use.
 */
export function judge(status: number, challenges: readonly Challenge[], known: { readonly nonce: boolean }): Verdict {
  if (status !== 401 && status !== 403) return ACCEPTED
  const ours = challenges.filter(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
  const withError = (error: string): Challenge | undefined => ours.find(({ params }) => params.get('error') === error)
  // The proof is at fault, not the token: another token would meet the same key and clock, only a nonce may help.
  const aboutProof = withError('use_dpop_nonce') ?? withError('invalid_dpop_proof')
  if (status === 401 && aboutProof !== undefined) return known.nonce ? { kind: 'nonce-required' } : ACCEPTED
  const stepUp = withError('insufficient_user_authentication') ?? withError('insufficient_claims')
  if (stepUp !== undefined) return { kind: 'step-up', challenge: readChallengeFields(stepUp) }
  const scope = withError('insufficient_scope')
  if (scope !== undefined) return { kind: 'insufficient-scope', challenge: readChallengeFields(scope) }
  if (status === 403) return ACCEPTED
  return { kind: 'token-rejected' }
}

// The printable characters without quote and backslash: scope-token of RFC 6749 section 3.3. What a server sends
// here ends in error messages and authorization requests.
const WORD = /^[\x21\x23-\x5b\x5d-\x7e]+$/
const BASE64 = /^[A-Za-z0-9+/_-]+=*$/

function readChallengeFields({ params }: Challenge): AccountErrorChallenge {
  const scopes = wordsOf(params.get('scope'))
  const acrValues = wordsOf(params.get('acr_values'))
  const maxAge = params.get('max_age')
  const claims = params.get('claims')
  return {
    ...(scopes.length > 0 && { scopes }),
    ...(acrValues.length > 0 && { acrValues }),
    ...(maxAge !== undefined && /^\d{1,9}$/.test(maxAge) && { maxAgeS: Number(maxAge) }),
    ...(claims !== undefined && BASE64.test(claims) && { claims }),
  }
}

function wordsOf(value: string | undefined): string[] {
  return (value ?? '').split(' ').filter((word) => WORD.test(word))
}
