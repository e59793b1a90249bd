import { type Account, type AccountInfo, isAccountError } from '@accountry/accounts'
import type { SyncHistoryItem } from '@accountry/sync'
import { authoritiesOf } from './authorities.ts'
import type { Host } from './host.ts'
import type { AccountDetails, AppAccess, HistoryView } from './model.ts'
import { accountCards, busyAccounts } from './overview.ts'
import { shownText } from './shown-text.ts'

/** Runs that the page lists. */
const HISTORY_LENGTH = 30
/** The claims that say something to a person, in this order (OpenID Connect Core §5.1). */
const SHOWN_CLAIMS: Readonly<Record<string, string>> = {
  name: 'Name',
  email: 'E-mail',
  preferred_username: 'User name',
  hd: 'Organisation',
}

/**
 * Everything that the page of one account shows.
 *
 * @throws AccountError `ERR_ACCOUNT_NOT_FOUND`.
 */
export async function accountDetails(host: Host, id: string): Promise<AccountDetails> {
  const info = await host.accounts.getAccountInfo(id)
  const { account, createdAt, lastAuthenticatedAt, previousName, issuer } = info
  const [cards, apps, authorities, history] = await Promise.all([
    accountCards(host, [info], await busyAccounts(host)),
    appsWithAccess(host, account),
    host.sync === undefined ? undefined : authoritiesOf(host.sync, account),
    host.sync?.getHistory({ account, limit: HISTORY_LENGTH }),
  ])
  const [card] = cards
  if (card === undefined) throw new TypeError('an account without a card')
  return {
    card,
    createdAt,
    claims: shownClaims(info),
    ...(lastAuthenticatedAt !== undefined && { lastAuthenticatedAt }),
    ...(previousName !== undefined && { previousName: shownText(previousName) }),
    ...(issuer !== undefined && { issuer: shownText(issuer) }),
    ...(authorities !== undefined && { authorities }),
    ...(history !== undefined && { history: history.map(historyView) }),
    ...(apps !== undefined && { apps }),
  }
}

function shownClaims({ claims, account }: AccountInfo): AccountDetails['claims'] {
  return Object.entries(SHOWN_CLAIMS).flatMap(([claim, name]) => {
    const value = claims[claim]
    return typeof value === 'string' && value !== '' && value !== account.name
      ? [{ name, value: shownText(value) }]
      : []
  })
}

/** @returns `undefined` when only the app that owns the account may ask. */
async function appsWithAccess({ accounts }: Host, account: Account): Promise<AppAccess[] | undefined> {
  const asked = Promise.all([
    accounts.getPrincipalsAndVisibilityForAccount(account),
    accounts.getAuthTokenGrants(account),
  ])
  const answers = await asked.catch((error: unknown) => {
    if (isAccountError(error) && error.code === 'ERR_DENIED') return undefined
    throw error
  })
  if (answers === undefined) return undefined
  const [visibility, grants] = answers
  const description = accounts.getAuthenticatorTypes().find(({ type }) => type === account.type)
  const principals = [...new Set([...visibility.keys(), ...grants.map(({ principal }) => principal)])].sort()
  return principals.map((principal) => {
    const seen = visibility.get(principal)
    return {
      principal,
      ...(seen !== undefined && { visibility: seen }),
      grants: grants
        .filter((grant) => grant.principal === principal)
        .map(({ authTokenType, allowed }) => ({
          authTokenType,
          allowed,
          label: shownText(description?.tokenTypes?.[authTokenType]?.label ?? authTokenType),
        })),
    }
  })
}

function historyView(item: SyncHistoryItem): HistoryView {
  const { id, authority, startedAt, durationMs, outcome, result, reason, stats, message } = item
  return {
    id,
    authority: shownText(authority),
    startedAt,
    durationMs,
    outcome,
    result: shownText(result),
    reason,
    inserts: stats.numInserts,
    updates: stats.numUpdates,
    deletes: stats.numDeletes,
    ...(message !== undefined && { message: shownText(message) }),
  }
}
