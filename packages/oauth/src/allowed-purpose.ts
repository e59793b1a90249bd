import { type Account, AccountError, type Credential } from '@accountry/accounts'
import { fieldsOf, scopesIn } from './credential-fields.ts'
import type { TokenPurpose } from './token-purpose.ts'

/**
 * What the person did not allow is not asked for again and again: every refresh may rotate the credential, and some
 * servers use it up before they look at the resource and say no (oidc-provider does).
 *
 * @throws AccountError `ERR_SCOPE_NOT_GRANTED`, before anything is sent.
 */
export function checkAllowed(account: Account, credential: Pick<Credential, 'fields'>, purpose: TokenPurpose): void {
  const { refusedScopes, resources } = fieldsOf(credential)
  const refused = scopesIn(refusedScopes)
  const missing = purpose.scopes.filter((scope) => refused.includes(scope))
  if (missing.length > 0) throw notGranted(account, purpose, missing)
  const allowed = resources?.split(' ')
  if (allowed === undefined || purpose.resource.every((resource) => allowed.includes(resource))) return
  const message = `${account.name} (${account.type}): ${purpose.name} is for a resource that the sign-in did not ask for. Sign in again to allow it.`
  throw new AccountError('ERR_SCOPE_NOT_GRANTED', message, { account })
}

export function notGranted(account: Account, purpose: TokenPurpose, missing: readonly string[]): AccountError {
  const message = `${account.name} (${account.type}): ${purpose.name} needs scopes that were not granted. Sign in again to allow them.`
  return new AccountError('ERR_SCOPE_NOT_GRANTED', message, { account, challenge: { scopes: [...missing] } })
}
