import type { AccountInfo } from './account.ts'
import type { Engine } from './engine.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** What may be shown of an account. Claims need the key; while the vault is locked there are none. */
export function accountInfo(engine: Engine, record: AccountRecord): AccountInfo {
  const { account, reason, retryAt, lastAuthenticatedAt, previousName, issuer } = record
  const isOrphaned = record.state === 'ok' && !engine.authenticators.has(account.type)
  const claims =
    engine.vault.keyring.isOpen && engine.sight.isVisible(record) ? engine.records.readProfile(account.id).claims : {}
  return {
    account,
    state: isOrphaned ? 'orphaned' : record.state,
    createdAt: record.createdAt,
    claims: Object.freeze({ ...claims }),
    credentialRevision: record.credentialRevision,
    ...(reason !== undefined && { reason }),
    ...(retryAt !== undefined && { retryAt }),
    ...(lastAuthenticatedAt !== undefined && { lastAuthenticatedAt }),
    ...(previousName !== undefined && { previousName }),
    ...(issuer !== undefined && { issuer }),
  }
}
