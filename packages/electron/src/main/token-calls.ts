import { type Account, AccountError, type AuthenticatorDescription, type AuthToken } from '@accountry/accounts'
import type { ExposedToken } from '../bridge/calls.ts'
import type { CallHandlers } from './call-handlers.ts'
import type { ExposedTokenType, HostSettings } from './host-options.ts'

const DEFAULT_MAX_LIFETIME_MS = 3_600_000

/**
 * Hands out tokens of the types that the host listed, and of no others (EL-03).
 *
 * Never: a token that is the account's credential, an ID token, one that needs a key that stays here, and one that lives
 * for ever or too long.
 */
export function tokenCalls(settings: HostSettings): Pick<CallHandlers, 'getAuthToken'> {
  const { accounts, exposeAuthTokens, clock } = settings
  return {
    async getAuthToken({ account: id, authTokenType }, { signal }) {
      const account = await accountOf(settings, id)
      const allowed = exposeAuthTokens.find(
        (entry) => entry.accountType === account.type && entry.authTokenType === authTokenType,
      )
      if (allowed === undefined) throw denied(account, 'the app keeps these tokens out of its pages; use fetch')
      const description = accounts.getAuthenticatorTypes().find(({ type }) => type === account.type)
      const unfit = whyNever(description, authTokenType)
      if (unfit !== undefined) throw denied(account, unfit)
      const token = await accounts.getAuthToken(account, authTokenType, { signal })
      const why = whyNotThis(token, allowed, clock.now())
      if (why !== undefined) throw denied(account, why)
      return exposed(token)
    },
  }
}

/** The account behind an id that came from a page. */
export async function accountOf({ accounts }: Pick<HostSettings, 'accounts'>, id: string): Promise<Account> {
  const account = await accounts.getAccount(id)
  if (account !== undefined) return account
  throw new AccountError('ERR_ACCOUNT_NOT_FOUND', 'there is no account with this id; it may have been removed')
}

function whyNever(description: AuthenticatorDescription | undefined, authTokenType: string): string | undefined {
  if (description === undefined) return 'nothing is known of its type here'
  if (description.capabilities?.passwordIsToken === true) return 'its token is its credential'
  const { tokenTypes = {} } = description
  const tokenType = Object.hasOwn(tokenTypes, authTokenType) ? tokenTypes[authTokenType] : undefined
  // A field of the OAuth authenticator's token types.
  return (tokenType as { readonly kind?: unknown } | undefined)?.kind === 'id_token' ? 'it is an ID token' : undefined
}

function whyNotThis(token: AuthToken, allowed: ExposedTokenType, now: number): string | undefined {
  const { maxLifetimeMs = DEFAULT_MAX_LIFETIME_MS } = allowed
  if (token.scheme.toLowerCase() !== 'bearer') return `${token.scheme} tokens need a key that stays in the main process`
  if (token.expiresAt === undefined) return 'the token has no end'
  if (token.expiresAt - now > maxLifetimeMs)
    return `the token lives longer than the ${maxLifetimeMs} ms that are allowed`
  return undefined
}

function exposed({ value, scheme, expiresAt, scopes }: AuthToken): ExposedToken {
  return { value, scheme, scopes, ...(expiresAt !== undefined && { expiresAt }) }
}

function denied(account: Account, why: string): AccountError {
  return new AccountError('ERR_DENIED', `no token of ${account.name} for this page: ${why}`, { account })
}
