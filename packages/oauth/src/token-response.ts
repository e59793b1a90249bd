import { objectAt } from './member-path.ts'
import type { BodyMembers } from './response-body.ts'

/** Longest token that is stored, in UTF-16 units: 256 KiB (docs/requirements.md TK-12). */
export const MAX_TOKEN_LENGTH: number = 256 * 1024

/** Longer than ten years is a mistake, not a lifetime. */
const MAX_LIFETIME_S = 315_360_000

/** Something in an answer that could not be used; what else was in the answer stays usable. */
export type TokenProblem =
  | 'access_token_missing'
  | 'access_token_illegal'
  | 'access_token_too_large'
  | 'token_type_unknown'
  | 'token_type_missing'
  | 'refresh_token_illegal'
  | 'refresh_token_too_large'
  | 'expires_in_unusable'
  | 'scope_unusable'
  | 'id_token_unusable'

/** What a token endpoint answered, read leniently. */
export interface TokenResponse {
  /** Safe to put in a header; absent when it is missing or unusable, see {@link TokenResponse.problems}. */
  readonly accessToken?: string
  /** `Bearer`, `DPoP` or `N_A` in that spelling; absent when it is none of them. */
  readonly tokenType?: 'Bearer' | 'DPoP' | 'N_A'
  /** Absent: keep the one you have (RFC 6749 §6). */
  readonly refreshToken?: string
  /** Seconds; absent when not said or unusable. */
  readonly expiresInS?: number
  /** Seconds until the refresh token ends, where a service says so. */
  readonly refreshTokenExpiresInS?: number
  /** Absent: as asked for. */
  readonly scopes?: readonly string[]
  readonly idToken?: string
  readonly issuedTokenType?: string
  readonly problems: readonly TokenProblem[]
}

/** How a service departs from RFC 6749 §5.1 in its answers. */
export interface TokenResponseQuirks {
  /** What separates scopes in an answer. Default: a space. */
  readonly scopeSeparator?: string
  /** Seconds that a token lives when the service does not say. Default: unknown. */
  readonly defaultLifetimeS?: number
  /** Where the tokens are, when they are not at the top, e.g. `authed_user`. */
  readonly tokenMember?: string
  /** Names of token types that mean Bearer. */
  readonly bearerTokenTypes?: readonly string[]
  /** A missing `token_type` means Bearer. Default `true`: too many services leave it out. */
  readonly tokenTypeRequired?: boolean
}

/**
 * Reads a successful token response (RFC 6749 §5.1) so that one bad member never loses a good one.
 *
 * The refresh token is salvaged first and by itself: it may be the only live one of the account. Nothing here
 * throws; what could not be used is listed in `problems`.
 */
export function readTokenResponse(answer: BodyMembers, quirks: TokenResponseQuirks = {}): TokenResponse {
  const members = tokenMembers(answer, quirks.tokenMember)
  const problems: TokenProblem[] = []
  const refreshToken = readRefreshToken(members['refresh_token'], problems)
  const accessToken = readAccessToken(members['access_token'], problems)
  const tokenType = readTokenType(members['token_type'], quirks, problems)
  const expiresInS = readLifetime(members['expires_in'], problems) ?? quirks.defaultLifetimeS
  const refreshTokenExpiresInS = readLifetime(members['refresh_token_expires_in'], [])
  const scopes = readScopes(members['scope'], quirks.scopeSeparator, problems)
  const idToken = readIdToken(members['id_token'], problems)
  const issuedTokenType = members['issued_token_type']
  return {
    ...(accessToken !== undefined && { accessToken }),
    ...(tokenType !== undefined && { tokenType }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresInS !== undefined && { expiresInS }),
    ...(refreshTokenExpiresInS !== undefined && { refreshTokenExpiresInS }),
    ...(scopes !== undefined && { scopes }),
    ...(idToken !== undefined && { idToken }),
    ...(typeof issuedTokenType === 'string' && { issuedTokenType }),
    problems,
  }
}

/** A sign-in may nest the tokens while a renewal does not, so both places are looked at. */
function tokenMembers(answer: BodyMembers, path: string | undefined): BodyMembers {
  const nested = path === undefined ? undefined : objectAt(answer, path)
  return nested?.['access_token'] === undefined ? answer : { ...answer, ...nested }
}

/** Absent, `null` and `""` all mean "keep the one you have" (golang/oauth2 does the same). */
function readRefreshToken(value: unknown, problems: TokenProblem[]): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || !value.isWellFormed() || value.trim() === '') {
    problems.push('refresh_token_illegal')
    return undefined
  }
  if (value.length > MAX_TOKEN_LENGTH) {
    problems.push('refresh_token_too_large')
    return undefined
  }
  return value
}

/** RFC 6749 appendix A.12: printable ASCII. Anything else would break the header or forge another one. */
function readAccessToken(value: unknown, problems: TokenProblem[]): string | undefined {
  if (value === undefined || value === null || value === '') {
    problems.push('access_token_missing')
    return undefined
  }
  if (typeof value === 'string' && value.length > MAX_TOKEN_LENGTH) {
    problems.push('access_token_too_large')
    return undefined
  }
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    problems.push('access_token_illegal')
    return undefined
  }
  return value
}

function readTokenType(
  value: unknown,
  quirks: TokenResponseQuirks,
  problems: TokenProblem[],
): TokenResponse['tokenType'] {
  if (value === undefined || value === null || value === '') {
    if (quirks.tokenTypeRequired !== true) return 'Bearer'
    problems.push('token_type_missing')
    return undefined
  }
  const name = typeof value === 'string' ? value.toLowerCase() : ''
  if (name === 'bearer' || (name !== '' && quirks.bearerTokenTypes?.includes(name) === true)) return 'Bearer'
  if (name === 'dpop') return 'DPoP'
  if (name === 'n_a') return 'N_A'
  problems.push('token_type_unknown')
  return undefined
}

/**
 * Digits as a number or a string; everything else is an unknown lifetime, never a failure. `parseFloat` would read
 * `"3600abc"` and `[3600]` as an hour.
 */
function readLifetime(value: unknown, problems: TokenProblem[]): number | undefined {
  if (value === undefined) return undefined
  const seconds = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_LIFETIME_S) return seconds
  problems.push('expires_in_unusable')
  return undefined
}

function readScopes(value: unknown, separator: string | undefined, problems: TokenProblem[]): string[] | undefined {
  if (value === undefined || value === null) return undefined
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? splitScopes(value, separator) : undefined
  if (parts === undefined || !parts.every((part): part is string => typeof part === 'string')) {
    problems.push('scope_unusable')
    return undefined
  }
  // RFC 6749 §3.3: printable ASCII. Anything else was never asked for, and would be shown to people.
  const legal = parts.filter((part) => /^[\x21-\x7e]+$/.test(part))
  if (legal.length < parts.length) problems.push('scope_unusable')
  return [...new Set(legal)]
}

/** Splits a list of scopes; an empty text is the empty list. */
export function splitScopes(value: string, separator?: string): string[] {
  const spaced = separator === undefined ? value : value.replaceAll(separator, ' ')
  return spaced.split(/\s+/).filter((scope) => scope !== '')
}

function readIdToken(value: unknown, problems: TokenProblem[]): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  problems.push('id_token_unusable')
  return undefined
}
