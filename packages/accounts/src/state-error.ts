import { AccountError, type AccountErrorChallenge, type AccountErrorCode, isReason } from './errors.ts'
import type { AccountRecord } from './vault/account-records.ts'

/**
 * The error of an account that cannot give tokens now, without asking anybody; `undefined` when it may be asked.
 *
 * A degraded account may be asked again from `retryAt` on.
 */
export function stateError(record: AccountRecord, now: number): AccountError | undefined {
  const { account, state, reason, retryAt } = record
  const who = `${account.name} (${account.type})`
  const details = { account, reason: isReason(reason) ? reason : undefined }
  switch (state) {
    case 'ok':
      return undefined
    case 'needs-reauth':
    case 'needs-interaction':
      return new AccountError('ERR_INTERACTION_REQUIRED', `${who} has to sign in again${because(reason)}`, {
        ...details,
        ...(record.challenge !== undefined && { challenge: JSON.parse(record.challenge) as AccountErrorChallenge }),
      })
    case 'identity-changed':
      return new AccountError(
        'ERR_INTERACTION_REQUIRED',
        `the service answered with another person's tokens for ${who}; they were not used. Sign in again`,
        { ...details, reason: 'identity_changed' },
      )
    case 'misconfigured':
      if (retryAt !== undefined && retryAt <= now) return undefined
      return new AccountError(
        'ERR_MISCONFIGURED',
        `the service refused this app for ${who}${because(reason)}; its developer has to correct the configuration`,
        details,
      )
    case 'degraded':
      if (retryAt === undefined || retryAt <= now) return undefined
      return new AccountError((record.transientCode ?? 'ERR_NETWORK') as AccountErrorCode, waitMessage(who, retryAt), {
        ...details,
        retryAt,
        retryable: true,
      })
  }
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : ` (${reason})`
}

function waitMessage(who: string, retryAt: number): string {
  return `${who} could not be reached a moment ago; the next attempt is due at ${new Date(retryAt).toISOString()}`
}
