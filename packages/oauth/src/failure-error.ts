import { type Account, AccountError, type AccountErrorCode, type AccountErrorOptions } from '@accountry/accounts'
import type { Failure, FailureClass } from './classify.ts'

/** Where a failure happened, for the message. */
export interface FailureScene {
  /** Absent while an account is being added. */
  readonly account?: Account | undefined
  /** The service's label, shown while there is no account yet. */
  readonly label: string
  /** What was being done, e.g. `refreshing the token`. */
  readonly doing: string
}

const CODES: Readonly<Record<FailureClass, AccountErrorCode>> = {
  offline: 'ERR_NETWORK',
  tls: 'ERR_TLS',
  ambiguous: 'ERR_NETWORK',
  throttled: 'ERR_THROTTLED',
  server: 'ERR_SERVER',
  'grant-dead': 'ERR_INTERACTION_REQUIRED',
  interaction: 'ERR_INTERACTION_REQUIRED',
  denied: 'ERR_INTERACTION_REQUIRED',
  misconfigured: 'ERR_MISCONFIGURED',
  request: 'ERR_SCOPE_NOT_GRANTED',
  'dpop-nonce': 'ERR_SERVER',
  'dpop-proof': 'ERR_SERVER',
  pending: 'ERR_SERVER',
}

const ADVICE: Readonly<Record<FailureClass, string>> = {
  offline: 'The server could not be reached. Check the network; nothing is lost.',
  tls: 'The secure connection failed, so nothing was sent. Check the network and its certificates.',
  ambiguous: 'The connection broke before the answer arrived. Try again; nothing is lost yet.',
  throttled: 'The server asks to wait.',
  server: 'The server has a problem. Try again later; nothing is lost.',
  'grant-dead': 'The server no longer accepts the stored credential. Sign in again.',
  interaction: 'The server wants the person to take part. Sign in again.',
  denied: 'Access was denied. Sign in again to allow it.',
  misconfigured: 'The server does not accept this client. The developer of the app has to check its registration.',
  request: 'The server does not grant what was asked for. Sign in again to allow it, or ask for less.',
  'dpop-nonce': 'The server rejects every proof of possession. Try again later; nothing is lost.',
  'dpop-proof': 'The server rejects the proof of possession. Check the clock of this machine.',
  pending: 'Nobody has confirmed the code yet.',
}

/**
 * Builds the error by which the manager decides what happens to the account.
 *
 * Its message is made of the host, the status and the checked error code only. The server's own description stays
 * out of it: it is text written by somebody else.
 */
export function failureError(failure: Failure, scene: FailureScene, options: AccountErrorOptions = {}): AccountError {
  const { account, label, doing } = scene
  const subject = account === undefined ? label : `${account.name} (${account.type})`
  const what = [
    failure.host,
    failure.status === undefined ? undefined : `status ${failure.status}`,
    failure.error ?? failure.code,
  ]
  const details = what.filter((part) => part !== undefined).join(', ')
  return new AccountError(CODES[failure.class], `${subject}: ${doing} failed (${details}). ${ADVICE[failure.class]}`, {
    reason: failure.reason,
    retryAt: failure.retryAt,
    challenge: failure.challenge,
    account,
    ...options,
  })
}
