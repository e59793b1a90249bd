import type { AccountErrorChallenge, AccountErrorReason } from '@accountry/accounts'
import { displayText, errorCode } from './hostile-text.ts'
import type { Answer, NoAnswer } from './http-exchange.ts'
import { textAt } from './member-path.ts'
import type { ProviderQuirks } from './quirks.ts'
import { type BodyMembers, parseBody, type ResponseBody } from './response-body.ts'
import { retryAt, retryAtInterval } from './retry-after.ts'

/**
 * What a failed request to a token endpoint means (docs/requirements.md).
 *
 * - `offline`, `tls`: nothing was sent, the credential is untouched;
 * - `ambiguous`: it may have been used up;
 * - `throttled`, `server`: the server refused for now;
 * - `grant-dead`: this credential will never work again;
 * - `interaction`: only the person can continue;
 * - `denied`: the person or a policy said no;
 * - `misconfigured`: only the developer or the operator can help;
 * - `request`: what this caller asked for cannot be had, others are served;
 * - `dpop-nonce`, `dpop-proof`: the same request again with another proof may succeed;
 * - `pending`: a device code that nobody has confirmed yet.
 */
export type FailureClass =
  | 'offline'
  | 'tls'
  | 'ambiguous'
  | 'throttled'
  | 'server'
  | 'grant-dead'
  | 'interaction'
  | 'denied'
  | 'misconfigured'
  | 'request'
  | 'dpop-nonce'
  | 'dpop-proof'
  | 'pending'

/** A failure in pieces that are safe to show: no body, no header, no description. */
export interface Failure {
  readonly class: FailureClass
  readonly host: string
  readonly status?: number
  /** The system's code of a failed connection, e.g. `ENOTFOUND`. */
  readonly code?: string | undefined
  /** The OAuth error code, checked by its characters. */
  readonly error?: string | undefined
  /** The server's own words, made safe to print; shown to developers only. */
  readonly description?: string | undefined
  readonly reason?: AccountErrorReason
  readonly retryAt?: number | undefined
  readonly challenge?: AccountErrorChallenge | undefined
}

/** Either the members of a successful answer, or why there is none. */
export type Outcome =
  | { readonly kind: 'success'; readonly members: BodyMembers }
  | { readonly kind: 'failure'; readonly failure: Failure; readonly members?: BodyMembers }

/** Errors that end the use of this refresh token, whatever the service; services add theirs as data. */
const GRANT_DEAD: ReadonlySet<string> = new Set(['invalid_grant'])
const THROTTLED: ReadonlySet<string> = new Set([
  'slow_down',
  'temporarily_unavailable',
  'too_many_requests',
  'ratelimited',
])
const REQUEST: ReadonlySet<string> = new Set(['invalid_scope', 'invalid_target', 'invalid_authorization_details'])
const SERVER: ReadonlySet<string> = new Set(['server_error'])
const INTERACTION: ReadonlySet<string> = new Set([
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
])
// Microsoft's own refinement of invalid_grant: these say that the token is finished, the others that the person
// has something to do (learn.microsoft.com, "Handle errors and exceptions in MSAL").
const DEAD_SUBERRORS: ReadonlySet<string> = new Set(['bad_token', 'token_expired', 'client_mismatch'])

/**
 * Classifies what came back from a token endpoint.
 *
 * Pure. The error code decides, not the status: GitHub reports a dead token with 200, and a `WWW-Authenticate`
 * header changes nothing.
 *
 * @param now Wall clock, epoch milliseconds.
 */
export function classify(result: Answer | NoAnswer, quirks: ProviderQuirks, now: number): Outcome {
  if (result.kind === 'no-answer') return { kind: 'failure', failure: classifyNoAnswer(result) }
  const body = parseBody(result.text, result.headers.get('content-type'))
  const members = body.kind === 'members' ? body.members : undefined
  const isSuccess = result.status >= 200 && result.status < 300
  if (isSuccess && members !== undefined && !hasError(members)) return { kind: 'success', members }
  const failure =
    members !== undefined && hasError(members)
      ? classifyError(result, members, quirks, now)
      : classifyStatus(result, body, now)
  return { kind: 'failure', failure, ...(members !== undefined && { members }) }
}

function classifyNoAnswer(result: NoAnswer): Failure {
  const { host, code } = result
  if (result.failure === 'tls') return { class: 'tls', host, code }
  if (result.failure === 'not-sent') return { class: 'offline', reason: 'offline', host, code }
  return { class: 'ambiguous', reason: 'ambiguous', host, code }
}

/** An access token beside an `error` wins: the answer grants something. */
function hasError(members: BodyMembers): boolean {
  return members['error'] !== undefined && members['error'] !== null && typeof members['access_token'] !== 'string'
}

function classifyError(answer: Answer, members: BodyMembers, quirks: ProviderQuirks, now: number): Failure {
  const error = errorCode(quirks.errorMember === undefined ? members['error'] : textAt(members, quirks.errorMember))
  const base = {
    host: answer.host,
    status: answer.status,
    error,
    description: displayText(members['error_description']),
  }
  if (error === undefined || SERVER.has(error)) return { ...base, ...serverFault(answer, now) }
  if (error === 'authorization_pending') return { ...base, class: 'pending' }
  if (THROTTLED.has(error) || answer.status === 429) return { ...base, ...throttled(answer, members, now) }
  if (answer.status >= 500) return { ...base, ...serverFault(answer, now) }
  if (error === 'use_dpop_nonce') return { ...base, class: 'dpop-nonce' }
  if (error === 'invalid_dpop_proof') return { ...base, class: 'dpop-proof' }
  const challenge = challengeOf(members)
  if (needsInteraction(error, members)) {
    return { ...base, class: 'interaction', reason: interactionReason(error, members), challenge }
  }
  if (GRANT_DEAD.has(error) || quirks.grantDeadErrors?.includes(error) === true) {
    return { ...base, class: 'grant-dead', reason: 'revoked_or_reused' }
  }
  if (REQUEST.has(error)) return { ...base, class: 'request' }
  if (error === 'access_denied') return { ...base, class: 'denied', reason: 'access_denied' }
  if (error === 'expired_token') return { ...base, class: 'grant-dead', reason: 'expired' }
  return { ...base, class: 'misconfigured' }
}

function needsInteraction(error: string, members: BodyMembers): boolean {
  if (INTERACTION.has(error)) return true
  // A wrong client secret stays the developer's business, whatever stands beside it.
  if (error !== 'invalid_grant') return false
  const suberror = errorCode(members['suberror'])
  return suberror === undefined ? typeof members['claims'] === 'string' : !DEAD_SUBERRORS.has(suberror)
}

function interactionReason(error: string, members: BodyMembers): AccountErrorReason {
  const named = errorCode(members['suberror']) === 'consent_required' ? 'consent_required' : error
  if (named === 'login_required' || named === 'consent_required' || named === 'account_selection_required') return named
  return 'interaction_required'
}

/** Microsoft sends the claims that a new sign-in must ask for; they are passed on as they are, if they are JSON. */
function challengeOf(members: BodyMembers): AccountErrorChallenge | undefined {
  const { claims } = members as { claims?: unknown }
  if (typeof claims !== 'string' || claims.length > 8192 || !isJsonObject(claims)) return undefined
  return { claims }
}

export function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function throttled(answer: Answer, members: BodyMembers, now: number): Pick<Failure, 'class' | 'reason' | 'retryAt'> {
  const at = retryAt(answer.headers, now) ?? retryAtInterval(members['interval'], now)
  return { class: 'throttled', reason: 'throttled', retryAt: at }
}

function serverFault(answer: Answer, now: number): Pick<Failure, 'class' | 'reason' | 'retryAt'> {
  const at = retryAt(answer.headers, now)
  if (answer.status === 429 || (answer.status === 503 && at !== undefined)) {
    return { class: 'throttled', reason: 'throttled', retryAt: at }
  }
  // A gateway that lost its upstream does not know whether the request was acted on.
  if (answer.status === 502 || answer.status === 504) return { class: 'ambiguous', reason: 'ambiguous', retryAt: at }
  return { class: 'server', reason: 'server', retryAt: at }
}

/** An answer without a readable OAuth error. */
function classifyStatus(answer: Answer, body: ResponseBody, now: number): Failure {
  const { host, status } = answer
  const base = { host, status }
  if (status >= 300 && status < 400) return { ...base, class: 'server', reason: 'redirect' }
  if (status >= 200 && status < 300) {
    if (body.kind === 'html') return { ...base, class: 'server', reason: 'captive_portal' }
    return { ...base, class: 'ambiguous', reason: 'ambiguous' }
  }
  if (status === 407) return { ...base, class: 'offline', reason: 'offline' }
  if (status === 401 && body.kind !== 'html') return { ...base, class: 'misconfigured' }
  if (status === 511) return { ...base, class: 'server', reason: 'captive_portal' }
  return { ...base, ...serverFault(answer, now) }
}
