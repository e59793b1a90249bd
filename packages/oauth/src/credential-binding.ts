import { type Account, AccountError, type CredentialBinding } from '@accountry/accounts'
import type { Settings } from './settings.ts'

/** Whether a credential was issued to this client by this server, or has not been used yet. */
export function isOurs(
  settings: Pick<Settings, 'issuer' | 'clientId'>,
  { issuer, clientId }: CredentialBinding,
): boolean {
  return (issuer ?? settings.issuer) === settings.issuer && (clientId ?? settings.clientId) === settings.clientId
}

/**
 * A refresh token never goes to a client or a server that it was not issued for.
 *
 * @throws AccountError `ERR_MISCONFIGURED` (`other-client`).
 */
export function checkBinding(settings: Settings, account: Account, credential: CredentialBinding): void {
  if (isOurs(settings, credential)) return
  const message = `${account.name} (${account.type}) was signed in by another client or at another server. Its credential is not sent here.`
  throw new AccountError('ERR_MISCONFIGURED', message, { reason: 'other-client', account })
}
