import type { Credential } from '@accountry/accounts'
import { fieldsOf, scopesIn } from './credential-fields.ts'
import type { Settings } from './settings.ts'

/**
 * Whether an account has all the features. A feature is the name of a declared token type, or a scope: the account
 * has it when the person allowed it.
 */
export function hasFeatures(
  settings: Pick<Settings, 'tokenTypes'>,
  features: readonly string[],
  credential: Pick<Credential, 'fields'>,
): boolean {
  const { grantedScopes, refusedScopes } = fieldsOf(credential)
  const granted = scopesIn(grantedScopes)
  const refused = scopesIn(refusedScopes)
  return features.every((feature) => {
    const declared = settings.tokenTypes?.[feature]
    // What was granted to an account that was added by hand is not known; only a refusal speaks against a type.
    return declared === undefined
      ? granted.includes(feature)
      : !declared.scopes.some((scope) => refused.includes(scope))
  })
}
