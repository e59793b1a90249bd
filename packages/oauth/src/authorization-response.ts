import { AccountError, type AccountErrorCode, type AccountErrorReason } from '@accountry/accounts'
import { errorCode } from './hostile-text.ts'
import { type ExpectedIssuer, isResponseIssuer } from './issuer.ts'
import type { ServerMetadata } from './server-metadata.ts'

/** What a response is checked against. */
export interface ExpectedResponse extends ExpectedIssuer {
  readonly metadata: Pick<ServerMetadata, 'authorization_response_iss_parameter_supported'>
  /** The service's label, for messages. */
  readonly label: string
}

// A response that carries one of these comes from a flow that was never asked for (RFC 9700 §2.1.2).
const FOREIGN = ['access_token', 'id_token', 'token', 'response'] as const
const SINGLE = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'] as const
const MAX_CODE_LENGTH = 16 * 1024

const ERROR_CODES: Readonly<Record<string, AccountErrorCode>> = {
  access_denied: 'ERR_DENIED',
  login_required: 'ERR_INTERACTION_REQUIRED',
  consent_required: 'ERR_INTERACTION_REQUIRED',
  interaction_required: 'ERR_INTERACTION_REQUIRED',
  account_selection_required: 'ERR_INTERACTION_REQUIRED',
  invalid_scope: 'ERR_SCOPE_NOT_GRANTED',
  invalid_target: 'ERR_SCOPE_NOT_GRANTED',
  temporarily_unavailable: 'ERR_THROTTLED',
  server_error: 'ERR_SERVER',
  invalid_request: 'ERR_MISCONFIGURED',
  invalid_client: 'ERR_MISCONFIGURED',
  unauthorized_client: 'ERR_MISCONFIGURED',
  unsupported_response_type: 'ERR_MISCONFIGURED',
}
const REASONS: Readonly<Record<string, AccountErrorReason>> = {
  access_denied: 'access_denied',
  login_required: 'login_required',
  consent_required: 'consent_required',
  interaction_required: 'interaction_required',
  account_selection_required: 'account_selection_required',
  temporarily_unavailable: 'throttled',
  server_error: 'server',
}

/**
 * Reads the authorization response whose state has already been found right (RFC 6749 §4.1.2, RFC 9207).
 *
 * Whoever knows the state and sends something wrong is not a stranger to be ignored: the flow ends.
 *
 * @returns The authorization code.
 * @throws AccountError `ERR_DENIED` when the person said no, `ERR_INVALID_RESPONSE` for a response that mixes or
 *   repeats parameters or names another issuer, and the error's own class otherwise.
 */
export function readAuthorizationResponse(parameters: URLSearchParams, expected: ExpectedResponse): string {
  for (const name of FOREIGN) {
    if (parameters.has(name)) throw invalid(expected, `it carries ${name}, which was not asked for`)
  }
  for (const name of SINGLE) {
    if (parameters.getAll(name).length > 1) throw invalid(expected, `it carries ${name} twice`)
  }
  // Before the error is looked at: one from another issuer is not shown to anybody (RFC 9207 §2.4).
  checkIssuer(parameters.get('iss'), expected)
  const code = parameters.get('code')
  const error = parameters.get('error')
  if (error !== null) {
    if (code !== null) throw invalid(expected, 'it carries a code and an error')
    throw responseError(errorCode(error), expected)
  }
  if (code === null || code === '') throw invalid(expected, 'it carries no code')
  if (code.length > MAX_CODE_LENGTH) throw invalid(expected, 'its code is too long')
  return code
}

/** Compared as it stands: normalising would make two issuers equal (docs/requirements.md OA-07). */
function checkIssuer(received: string | null, expected: ExpectedResponse): void {
  if (received !== null && isResponseIssuer(received, expected)) return
  if (received !== null)
    throw invalid(expected, `it comes from another issuer (${hostIn(received)})`, 'issuer_mismatch')
  if (expected.metadata.authorization_response_iss_parameter_supported !== true) return
  throw invalid(expected, 'it does not say which issuer it comes from', 'issuer_mismatch')
}

function hostIn(text: string): string {
  return URL.canParse(text) ? new URL(text).host.slice(0, 100) : 'not a URL'
}

function responseError(error: string | undefined, expected: ExpectedResponse): AccountError {
  const code =
    (error !== undefined && Object.hasOwn(ERROR_CODES, error) && ERROR_CODES[error]) || 'ERR_INVALID_RESPONSE'
  const shown = error ?? 'an error that cannot be shown'
  return new AccountError(code, `${expected.label}: the sign-in ended with ${shown}.`, {
    reason: error !== undefined && Object.hasOwn(REASONS, error) ? REASONS[error] : undefined,
  })
}

function invalid(expected: ExpectedResponse, why: string, reason?: AccountErrorReason): AccountError {
  const message = `${expected.label}: the answer to the sign-in was rejected: ${why}. Nothing was stored; sign in again.`
  return new AccountError('ERR_INVALID_RESPONSE', message, { reason })
}
