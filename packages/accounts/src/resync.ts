import type { Account } from './account.ts'
import type { AccountManagerEvents } from './account-manager-types.ts'
import type { AccountRecord } from './vault/account-records.ts'

interface Difference {
  readonly event: keyof AccountManagerEvents
  readonly account: Account
}

/**
 * What events would have told to a process that was away for more changes than are kept, as far as the accounts still
 * show it: an app that follows events must not keep a removed account for ever.
 */
export function differencesOf(
  before: ReadonlyMap<string, AccountRecord>,
  after: ReadonlyMap<string, AccountRecord>,
): Difference[] {
  const found: Difference[] = []
  for (const [id, { account }] of before) if (!after.has(id)) found.push({ event: 'account:removed', account })
  for (const [id, record] of after) {
    const { account } = record
    const known = before.get(id)
    if (known === undefined) found.push({ event: 'account:added', account })
    else found.push(...changesOf(known, record))
  }
  return found
}

function changesOf(before: AccountRecord, { account, state, credentialRevision }: AccountRecord): Difference[] {
  const isRenamed = before.account.name !== account.name
  const isChanged = before.state !== state || before.credentialRevision !== credentialRevision
  const isRecovered = before.state !== 'ok' && state === 'ok'
  return [
    ...(isRenamed ? [{ event: 'account:renamed' as const, account }] : []),
    ...(isChanged ? [{ event: 'account:updated' as const, account }] : []),
    ...(isRecovered ? [{ event: 'account:recovered' as const, account }] : []),
  ]
}
