import { displayText } from './hostile-text.ts'

/** Facts that the service vouches for, from the ID token or from UserInfo. */
export type AccountClaims = Readonly<Record<string, unknown>>

/** Chooses the name of an account from the ID token's claims and, where it was fetched, UserInfo. */
export type NameAccount = (claims: AccountClaims, userInfo: AccountClaims | undefined) => string | undefined

const LONGEST_NAME = 256

// What is kept with the account for display (docs/requirements.md V-20); the rest of the ID token is nobody's business.
const KEPT_CLAIMS = [
  'name',
  'given_name',
  'family_name',
  'email',
  'email_verified',
  'preferred_username',
  'picture',
  'locale',
  'zoneinfo',
  'hd',
  'tid',
] as const
const LONGEST_CLAIM = 2048

const NAMING_CLAIMS: readonly string[] = ['email', 'preferred_username', 'sub']

/** Names accounts by the first of these claims that is there. */
export function nameFromClaims(names: readonly string[] = NAMING_CLAIMS): NameAccount {
  return (claims, userInfo) => {
    for (const name of [...names, 'sub']) {
      const value = text(claims[name]) ?? text(userInfo?.[name])
      if (value !== undefined) return value
    }
    return undefined
  }
}

/** The name that was chosen, made fit to be one: no invisible characters, not too long. */
export function usableName(value: unknown): string | undefined {
  return displayText(value, LONGEST_NAME)
}

/** The claims that are kept with the account. */
export function keptClaims(claims: AccountClaims, userInfo: AccountClaims | undefined): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of KEPT_CLAIMS) {
    const value = claims[name] ?? userInfo?.[name]
    if (typeof value === 'boolean') kept[name] = value
    const shown = displayText(value, LONGEST_CLAIM)
    if (shown !== undefined) kept[name] = shown
  }
  return kept
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
