import type { AccountEvent, AccountManagerEvents } from './account-manager-types.ts'
import type { Sight } from './sight.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { Change } from './vault/change-feed.ts'

const GRANT = 'grant:'

/** What the feed says of a change to somebody's grants: whom it concerns. Never published. */
export function grantReason(principal: string): string {
  return GRANT + principal
}

/** Who is told, and what of the account is in memory by now. */
export interface Listener {
  readonly principal: string
  readonly sight: Sight
  readonly record: AccountRecord | undefined
}

type Told = Pick<AccountEvent, 'reason'> & { readonly event: keyof AccountManagerEvents }

/**
 * What this principal is told of a change: an account that comes into its sight is added, one that leaves it is
 * removed, and whose grants changed hears that the account was updated.
 *
 * @param seen The accounts that it saw before; follows the change.
 */
export function toldOf(change: Change, seen: Set<string>, listener: Listener): Told | undefined {
  const { event, account, reason } = change
  if (event === 'account:state') return undefined
  const { record, sight } = listener
  const isVisible = record === undefined ? sight.owns(change.type) : sight.isVisible(record)
  const wasSeen = seen.has(account)
  if (event === 'account:access') return toldOfAccess(change, seen, listener.principal, isVisible)
  if (event === 'account:removed') seen.delete(account)
  else if (isVisible) seen.add(account)
  const isTold = isVisible || (wasSeen && event === 'account:removed')
  return isTold ? { event, ...(reason !== undefined && { reason }) } : undefined
}

function toldOfAccess(
  { account, reason }: Change,
  seen: Set<string>,
  principal: string,
  isVisible: boolean,
): Told | undefined {
  if (isVisible !== seen.has(account)) {
    if (isVisible) seen.add(account)
    else seen.delete(account)
    return { event: isVisible ? 'account:added' : 'account:removed' }
  }
  const isConcerned = isVisible && reason === grantReason(principal)
  return isConcerned ? { event: 'account:updated', reason: 'grants_changed' } : undefined
}
