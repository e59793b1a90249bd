import type { AuthenticatorDescription } from './authenticator.ts'
import type { TokenKey } from './token-key.ts'
import type { StoredToken } from './vault/token-records.ts'

/** Whether the service ends an access token when it issues the next one for the same account. */
export function issuesSingleTokens(description: AuthenticatorDescription | undefined): boolean {
  return description?.capabilities?.accessTokens === 'single'
}

/**
 * Among the tokens of an account one that covers what `key` asks for, because it has all its scopes.
 *
 * Only for services that keep a single access token: there a second one would end the first.
 */
export function coveringToken(
  tokens: readonly StoredToken[],
  key: TokenKey,
  description: AuthenticatorDescription | undefined,
): StoredToken | undefined {
  const wanted = scopesOf(key, description)
  if (wanted.length === 0) return undefined
  return tokens.find(({ scopes }) => wanted.every((scope) => scopes.includes(scope)))
}

function scopesOf({ spec }: TokenKey, description: AuthenticatorDescription | undefined): readonly string[] {
  return typeof spec === 'string' ? (description?.tokenTypes?.[spec]?.scopes ?? []) : spec.scopes
}
