import type { Account } from '@accountry/accounts'
import type { PeriodicSync, SyncInfo, SyncManager, SyncStatus } from '@accountry/sync'
import type { AuthorityView } from './model.ts'
import { shownText } from './shown-text.ts'
import { shownProgress } from './watch-managers.ts'

/** More authorities of one account than this are cut. */
const MOST_AUTHORITIES = 200

/** What is synchronised for an account, by whichever process has the adapter. */
export async function authoritiesOf(sync: SyncManager, account: Account): Promise<AuthorityView[]> {
  const [targets, periodics, current] = await Promise.all([
    sync.getSyncTargets({ account }),
    sync.getPeriodicSyncs({ account }),
    sync.getCurrentSyncs(),
  ])
  const shown = targets.filter(({ userVisible }) => userVisible).slice(0, MOST_AUTHORITIES)
  return await Promise.all(
    shown.map(async ({ authority, syncAutomatically, syncable }) => {
      const isThis = (each: { account: Account; authority: string }): boolean =>
        each.account.id === account.id && each.authority === authority
      const target = { account, authority }
      const [status, explanation] = await Promise.all([sync.getSyncStatus(target), sync.explain(target)])
      const { state, reasons, text, nextRunAt } = explanation
      return {
        authority,
        automatic: syncAutomatically,
        isSyncable: syncable !== 0,
        ...statusView(status),
        ...runView(current.find(isThis)),
        ...periodView(periodics.filter(isThis)),
        explanation: { state, reasons, text: shownText(text), ...(nextRunAt !== undefined && { nextRunAt }) },
      }
    }),
  )
}

function statusView(
  status: SyncStatus | undefined,
): Pick<
  AuthorityView,
  'active' | 'pending' | 'lastSuccessAt' | 'lastFailureAt' | 'lastFailure' | 'nextRunAt' | 'deletionsHeld'
> {
  if (status === undefined) return { active: false, pending: false }
  const { active, pending, lastSuccessAt, lastFailureAt, lastFailure, nextRunAt, deletionsHeld } = status
  return {
    active,
    pending,
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
    ...(lastFailureAt !== undefined && { lastFailureAt }),
    ...(lastFailure !== undefined && { lastFailure: shownText(lastFailure) }),
    ...(nextRunAt !== undefined && { nextRunAt }),
    ...(deletionsHeld !== undefined && { deletionsHeld }),
  }
}

function runView(run: SyncInfo | undefined): Pick<AuthorityView, 'progress'> {
  const { progress } = run ?? {}
  if (progress === undefined) return {}
  return { progress: shownProgress(progress) }
}

function periodView(periodics: readonly PeriodicSync[]): Pick<AuthorityView, 'periodMs'> {
  return periodics.length === 0 ? {} : { periodMs: Math.min(...periodics.map(({ periodMs }) => periodMs)) }
}
