import { describe, expect, it } from 'vitest'
import { type StateChange, stateAfter } from '../src/account-state.ts'
import { AccountError, type AccountErrorCode, type AccountErrorReason } from '../src/errors.ts'

const NOW = 1_000_000
const HOUR = 3_600_000

function after(
  code: AccountErrorCode,
  reason?: AccountErrorReason,
  options: { failures?: number; random?: number; retryAt?: number } = {},
): StateChange {
  const error = new AccountError(code, 'what happened', { reason, retryAt: options.retryAt })
  return stateAfter(error, options.failures ?? 0, NOW, options.random ?? 0)
}

/** What {@link stateAfter} leads to, in a few words. */
function outcome(change: StateChange): string {
  return change.kind === 'dead' ? `${change.state} (${change.reason})` : change.kind
}

describe('the state of an account after a failed renewal (docs/requirements.md)', () => {
  it.each<[string, AccountErrorCode, AccountErrorReason | undefined, string]>([
    ['offline', 'ERR_NETWORK', 'offline', 'transient'],
    ['TLS', 'ERR_TLS', undefined, 'transient'],
    ['ambiguous', 'ERR_NETWORK', 'ambiguous', 'transient'],
    ['an authenticator that does not answer', 'ERR_AUTHENTICATOR_TIMEOUT', 'timeout', 'transient'],
    ['throttled', 'ERR_THROTTLED', 'throttled', 'transient'],
    ['server fault', 'ERR_SERVER', 'server', 'transient'],
    ['captive portal', 'ERR_SERVER', 'captive_portal', 'transient'],
    ['grant dead', 'ERR_INTERACTION_REQUIRED', 'revoked_or_reused', 'needs-reauth (revoked_or_reused)'],
    ['lost response', 'ERR_INTERACTION_REQUIRED', 'rotation_response_lost', 'needs-reauth (rotation_response_lost)'],
    ['expired grant', 'ERR_INTERACTION_REQUIRED', 'expired', 'needs-reauth (expired)'],
    ['no credential', 'ERR_INTERACTION_REQUIRED', 'no_credential', 'needs-reauth (no_credential)'],
    ['interaction', 'ERR_INTERACTION_REQUIRED', 'interaction_required', 'needs-interaction (interaction_required)'],
    ['login', 'ERR_INTERACTION_REQUIRED', 'login_required', 'needs-interaction (login_required)'],
    ['consent', 'ERR_INTERACTION_REQUIRED', 'consent_required', 'needs-interaction (consent_required)'],
    [
      'account selection',
      'ERR_INTERACTION_REQUIRED',
      'account_selection_required',
      'needs-interaction (account_selection_required)',
    ],
    ['step-up', 'ERR_INTERACTION_REQUIRED', 'step_up', 'needs-interaction (step_up)'],
    ['another person', 'ERR_INTERACTION_REQUIRED', 'identity_changed', 'identity-changed (identity_changed)'],
    ['wrong password', 'ERR_BAD_CREDENTIALS', undefined, 'needs-reauth (token_rejected)'],
    ['client misconfiguration', 'ERR_MISCONFIGURED', undefined, 'misconfigured (undefined)'],
    ['an account of another client', 'ERR_MISCONFIGURED', 'other-client', 'none'],
    ['narrower grant', 'ERR_SCOPE_NOT_GRANTED', undefined, 'none'],
    ['request error', 'ERR_UNSUPPORTED', undefined, 'none'],
    ['a broken authenticator', 'ERR_AUTHENTICATOR_FAILED', undefined, 'none'],
    ['a bad answer', 'ERR_INVALID_RESPONSE', undefined, 'none'],
    ['a disk that refuses', 'ERR_STORAGE_WRITE', 'disk_full', 'none'],
    ['a caller that gave up', 'ERR_ABORTED', 'caller', 'none'],
    ['a locked vault', 'ERR_VAULT_LOCKED', undefined, 'none'],
  ])('%s', (_row, code, reason, expected) => {
    expect(outcome(after(code, reason))).toBe(expected)
  })

  it('policy: access_denied on a refresh needs the person', () => {
    expect(outcome(after('ERR_DENIED', 'access_denied'))).toBe('needs-reauth (access_denied)')
  })

  it('asks a misconfigured account again after an hour, because the configuration may have been corrected', () => {
    expect(after('ERR_MISCONFIGURED')).toMatchObject({ retryAt: NOW + HOUR })
  })
})

describe('the wait after a transient failure', () => {
  const waits = (code: AccountErrorCode, random: number) =>
    [0, 1, 2, 5, 12, 1_000].map((failures) => {
      const change = after(code, undefined, { failures, random })
      return change.kind === 'transient' ? change.retryAt - NOW : Number.NaN
    })

  it('begins with a second, grows with each failure and ends at five minutes', () => {
    expect(waits('ERR_NETWORK', 1)).toEqual([1_000, 2_000, 4_000, 32_000, 300_000, 300_000])
  })

  it('is spread, so that processes do not come back together', () => {
    expect(waits('ERR_NETWORK', 0)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 1_000])
    expect(waits('ERR_SERVER', 0.5).at(-1)).toBe(150_500)
  })

  it('is at least a minute when the certificate is wrong', () => {
    expect(Math.min(...waits('ERR_TLS', 0))).toBe(60_000)
    expect(Math.max(...waits('ERR_TLS', 1))).toBe(300_000)
  })

  it('is what the service asked for when it throttles', () => {
    expect(after('ERR_THROTTLED', 'throttled', { retryAt: NOW + 7_000 })).toMatchObject({ retryAt: NOW + 7_000 })
    expect(after('ERR_THROTTLED', 'throttled')).toMatchObject({ retryAt: NOW + 1_000 })
  })

  it('is never longer than an hour nor shorter than a second, whatever the service asked for', () => {
    expect(after('ERR_THROTTLED', 'throttled', { retryAt: NOW + 1_000 * HOUR })).toMatchObject({ retryAt: NOW + HOUR })
    expect(after('ERR_THROTTLED', 'throttled', { retryAt: NOW - 1 })).toMatchObject({ retryAt: NOW + 1_000 })
  })
})
