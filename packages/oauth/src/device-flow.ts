// A device code is polled for until one of five things happens: a token, a refusal, an error that will not go away,
// the end of the code by this machine's clocks, or the end of the caller's patience. Between two requests
// lies at least the interval that the server named; `slow_down` makes it longer for good (RFC 8628 §3.5).

import { AccountError, type AuthenticatorContext, isAccountError, type NewAccount } from '@accountry/accounts'
import type { Failure } from './classify.ts'
import { newDpopKey } from './dpop-key.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { failureError } from './failure-error.ts'
import { displayText } from './hostile-text.ts'
import { abortReason } from './http-exchange.ts'
import { timedOut } from './loopback-flow.ts'
import { newAccount } from './new-account.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { BodyMembers } from './response-body.ts'
import { beginCall, type ServerCall, sceneOf, shownSubject } from './server-call.ts'
import type { SignInRequest } from './sign-in.ts'
import { startStopwatch } from './stopwatch.ts'
import { signInScopes, union } from './token-purpose.ts'
import { type GrantOutcome, requestDeviceCode, requestGrant, type TokenGrant } from './token-request.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const DEFAULT_INTERVAL_MS = 5_000
const SHORTEST_INTERVAL_MS = 1_000
const LONGEST_INTERVAL_MS = 60_000
const SLOW_DOWN_MS = 5_000
const DEFAULT_LIFETIME_MS = 900_000
const LONGEST_LIFETIME_MS = 3_600_000
/** Longer waits are cut into pieces, so that a suspend is noticed soon after it ended. */
const LONGEST_NAP_MS = 10_000
/** Between tries while the server cannot be reached; doubled up to the second figure. */
const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 10_000
const LONGEST_USER_CODE = 64

/** What the server answered, made safe: the device code is a secret, the rest is hostile text (docs/requirements.md TK-14). */
export interface DeviceCode {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete?: string
  readonly intervalMs: number
  readonly lifetimeMs: number
}

/**
 * Signs a person in who has a browser on another device (RFC 8628).
 *
 * @throws AccountError `ERR_DENIED`, `ERR_INTERACTION_TIMEOUT`, `ERR_INTERACTION_CANCELED`, `ERR_INTERACTION_REQUIRED`
 *   when the app can show no code, and the classes of a failed token request. Nothing starts anew by itself.
 */
export async function signInWithDeviceCode(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
): Promise<NewAccount> {
  const call = await beginCall(client, context, request.account, 'signing in')
  if (context.interaction?.showDeviceCode === undefined) {
    const message = `${shownSubject(call)}: signing in needs a code to be shown, and the app cannot show one`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { account: call.account })
  }
  const scopes = union(signInScopes(client.settings, call.metadata), request.scopes)
  const dpopKey = await newDpopKey(call)
  const elapsedMs = startStopwatch(context.clock)
  const code = await startDevice(call, scopes, request.resource)
  const ended = new AbortController()
  const cancelled = showCode(call, code, AbortSignal.any([context.signal, ended.signal]))
  try {
    const poll = pollForTokens(call, code, { elapsedMs, dpopKey }, ended.signal)
    const { members, requestedAt } = await Promise.race([poll, cancelled])
    const requested = { scopes, resource: request.resource, dpopKey }
    return await newAccount(call, { members, requestedAt, requested, nameHint: request.nameHint })
  } finally {
    ended.abort()
  }
}

async function startDevice(
  call: ServerCall,
  scopes: readonly string[],
  resource: readonly string[],
): Promise<DeviceCode> {
  const { client, metadata } = call
  if (metadata.device_authorization_endpoint === undefined) {
    throw new AccountError('ERR_UNSUPPORTED', `${shownSubject(call)}: the service offers no device codes`)
  }
  const parameters = new URLSearchParams(client.settings.authorizationParameters)
  if (scopes.length > 0) parameters.set('scope', scopes.join(client.settings.quirks.requestScopeSeparator ?? ' '))
  for (const each of resource) parameters.append('resource', each)
  const outcome = await requestDeviceCode(call, parameters)
  if (outcome.kind === 'failure') throw failureError(outcome.failure, sceneOf(call, 'starting the sign-in'))
  const code = readDeviceCode(outcome.members)
  if (code !== undefined) return code
  throw new AccountError('ERR_INVALID_RESPONSE', `${shownSubject(call)}: the server's device code cannot be used`)
}

/** Reads a device authorization response (RFC 8628 §3.2). Pure. @returns `undefined` when it is unusable. */
export function readDeviceCode(members: BodyMembers): DeviceCode | undefined {
  const { device_code: deviceCode } = members as { device_code?: unknown }
  const userCode = displayText(members['user_code'], LONGEST_USER_CODE)
  // Some services spell it with an L (Google).
  const uri = parseEndpoint(members['verification_uri'] ?? members['verification_url'])
  if (typeof deviceCode !== 'string' || deviceCode === '' || userCode === undefined || typeof uri === 'string') {
    return undefined
  }
  const complete = parseEndpoint(members['verification_uri_complete'])
  // A complete address on another host would send the person somewhere that was never shown.
  const isSameHost = typeof complete !== 'string' && complete.host === uri.host
  return {
    deviceCode,
    userCode,
    verificationUri: uri.href,
    ...(isSameHost && { verificationUriComplete: complete.href }),
    intervalMs: clamped(members['interval'], DEFAULT_INTERVAL_MS, SHORTEST_INTERVAL_MS, LONGEST_INTERVAL_MS),
    lifetimeMs: lifetimeOf(members['expires_in']),
  }
}

/** A code that had run out before it was issued is one whose lifetime is not known. */
function lifetimeOf(value: unknown): number {
  return clamped(value, 0, 0, LONGEST_LIFETIME_MS) || DEFAULT_LIFETIME_MS
}

/** Garbage is the default; a number out of its range is brought back into it (docs/requirements.md DG-07). */
function clamped(value: unknown, otherwise: number, least: number, most: number): number {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) return otherwise
  return Math.min(Math.max(seconds * 1000, least), most)
}

/** Rejects when the person gives up; a handler that has shown the code and returns decides nothing. */
async function showCode(call: ServerCall, code: DeviceCode, signal: AbortSignal): Promise<never> {
  const { context } = call
  const { userCode, verificationUri, verificationUriComplete } = code
  try {
    await context.interaction?.showDeviceCode?.({
      userCode,
      verificationUri,
      expiresAt: context.clock.now() + code.lifetimeMs,
      signal,
      ...(verificationUriComplete !== undefined && { verificationUriComplete }),
    })
  } catch (error) {
    if (isAccountError(error)) throw error
    const message = `${shownSubject(call)}: the code of the sign-in could not be shown`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { account: call.account })
  }
  return await new Promise<never>(() => undefined)
}

interface Polling {
  /** Since the code was asked for. */
  readonly elapsedMs: () => number
  readonly dpopKey: TokenGrant['dpopKey']
}

async function pollForTokens(
  call: ServerCall,
  code: DeviceCode,
  polling: Polling,
  ended: AbortSignal,
): Promise<{ members: BodyMembers; requestedAt: number }> {
  const { clock } = call.context
  const parameters = new URLSearchParams({ device_code: code.deviceCode })
  let { intervalMs } = code
  let backoffMs = 0
  for (;;) {
    const leftMs = code.lifetimeMs - polling.elapsedMs()
    await wait(call, Math.min(intervalMs + backoffMs, leftMs), ended)
    // Asked after the wait: a suspend may have lasted longer than the code.
    if (polling.elapsedMs() >= code.lifetimeMs) throw timedOut(call)
    const outcome = await requestGrant(call, { type: GRANT, parameters, dpopKey: polling.dpopKey })
    if (outcome.kind === 'success') return outcome
    const { failure } = outcome
    if (failure.class === 'pending') {
      backoffMs = 0
    } else if (failure.error === 'slow_down') {
      intervalMs = slower(intervalMs, outcome)
    } else if (isPassing(failure)) {
      const waitMs = failure.retryAt === undefined ? 0 : failure.retryAt - clock.now()
      backoffMs = Math.max(waitMs, Math.min(Math.max(backoffMs * 2, FIRST_BACKOFF_MS), LONGEST_BACKOFF_MS))
    } else {
      throw pollError(call, failure)
    }
  }
}

/** Five seconds more for good, or what the server asks for, where it does (GitHub). */
function slower(intervalMs: number, outcome: GrantOutcome): number {
  const members = outcome.kind === 'failure' ? outcome.members : undefined
  const wanted = clamped(members?.['interval'], 0, 0, LONGEST_INTERVAL_MS)
  return Math.min(Math.max(intervalMs + SLOW_DOWN_MS, wanted), LONGEST_INTERVAL_MS)
}

function isPassing(failure: Failure): boolean {
  return ['offline', 'tls', 'ambiguous', 'throttled', 'server'].includes(failure.class)
}

function pollError(call: ServerCall, failure: Failure): AccountError {
  if (failure.class === 'denied') {
    const message = `${shownSubject(call)}: the sign-in was denied.`
    return new AccountError('ERR_DENIED', message, { reason: 'access_denied', account: call.account })
  }
  if (failure.error === 'expired_token') return timedOut(call)
  // A dead grant here is the device code: nothing of the person's is affected.
  if (failure.class === 'grant-dead') {
    const message = `${shownSubject(call)}: the server rejected the code of this sign-in (${failure.error}). Sign in again.`
    return new AccountError('ERR_INVALID_RESPONSE', message, { action: 'sign-in', account: call.account })
  }
  return failureError(failure, sceneOf(call, 'signing in'))
}

/** Waits in short pieces, so that a suspend ends the wait, and ends at once when the sign-in does. */
async function wait({ context }: ServerCall, waitMs: number, ended: AbortSignal): Promise<void> {
  const { clock, signal } = context
  const waitedMs = startStopwatch(clock)
  for (let left = waitMs; left > 0; left = waitMs - waitedMs()) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const either = AbortSignal.any([signal, ended])
    either.addEventListener('abort', () => resolve(), { once: true })
    const cancel = clock.setTimer(resolve, Math.min(left, LONGEST_NAP_MS))
    if (!either.aborted) await promise
    cancel()
    if (either.aborted) throw abortReason(signal)
  }
}
