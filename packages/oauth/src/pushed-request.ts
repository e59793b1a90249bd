import { AccountError } from '@accountry/accounts'
import type { DpopKey } from './dpop.ts'
import { failureError } from './failure-error.ts'
import { type ServerCall, sceneOf, shownSubject } from './server-call.ts'
import { startStopwatch } from './stopwatch.ts'
import { requestPush } from './token-request.ts'

const LONGEST_REQUEST_URI = 2048

/** What goes through the browser. */
export interface FrontChannel {
  readonly parameters: URLSearchParams
  /** Whether what was pushed has run out, so that the server knows it no more. Never, where nothing was pushed. */
  hasExpired(): boolean
}

/**
 * Pushes the authorization request where the server demands or the app wants it (RFC 9126).
 *
 * @returns The reference to the pushed request, or the parameters as they are.
 * @throws AccountError with the classes of a failed token request; `ERR_MISCONFIGURED` when the app wants it and the
 *   server has no such endpoint.
 */
export async function pushRequest(
  call: ServerCall,
  parameters: URLSearchParams,
  dpopKey: DpopKey | undefined,
): Promise<FrontChannel> {
  const { client, context, metadata } = call
  const isWanted = client.settings.par ?? metadata.require_pushed_authorization_requests === true
  if (!isWanted) return { parameters, hasExpired: () => false }
  if (metadata.pushed_authorization_request_endpoint === undefined) {
    throw new AccountError('ERR_MISCONFIGURED', `${shownSubject(call)}: the server takes no pushed requests (par)`)
  }
  const elapsedMs = startStopwatch(context.clock)
  const outcome = await requestPush(call, parameters, dpopKey)
  if (outcome.kind === 'failure') throw failureError(outcome.failure, sceneOf(call, 'starting the sign-in'))
  const uri = outcome.members['request_uri']
  if (typeof uri !== 'string' || uri === '' || uri.length > LONGEST_REQUEST_URI) {
    throw new AccountError(
      'ERR_INVALID_RESPONSE',
      `${shownSubject(call)}: the answer to a pushed request has no request_uri`,
    )
  }
  const { expires_in: lifetimeS } = outcome.members as { expires_in?: unknown }
  // A lifetime that is none says nothing; the server will, if it comes to that.
  const lifetimeMs = Number(lifetimeS) > 0 ? Number(lifetimeS) * 1000 : Number.POSITIVE_INFINITY
  return {
    parameters: new URLSearchParams({ client_id: client.settings.clientId, request_uri: uri }),
    hasExpired: () => elapsedMs() >= lifetimeMs,
  }
}
