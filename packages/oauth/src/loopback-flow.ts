import { AccountError, type AuthenticatorContext, isAccountError, type NewAccount } from '@accountry/accounts'
import { nodeCrypto } from './builtin.ts'
import { abortReason } from './http-exchange.ts'
import { type LoopbackListener, type LoopbackRedirect, openLoopbackListener } from './loopback-listener.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadProtocol } from './protocol.ts'
import { beginCall, type ServerCall, shownSubject } from './server-call.ts'
import { completeSignIn, type PreparedSignIn, prepareSignIn, type SignInRequest } from './sign-in.ts'

/** How often a request is pushed for one sign-in, when the app takes longer to open it than the server keeps it. */
const MOST_PUSHES = 3

/**
 * Signs a person in through the system browser and a listener on this machine (RFC 8252 §7.3).
 *
 * The listener exists from just before the browser is opened until the answer is there, and its port is free again
 * when this resolves or rejects.
 *
 * @throws AccountError `ERR_INTERACTION_REQUIRED` (`no_browser`) when the browser cannot be opened, `ERR_INTERACTION_CANCELED`,
 *   `ERR_INTERACTION_TIMEOUT`, `ERR_UNSUPPORTED` (`port_in_use`), and what {@link completeSignIn} throws.
 */
export async function signInThroughLoopback(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
  redirect: LoopbackRedirect,
): Promise<NewAccount> {
  const call = await beginCall(client, context, request.account, 'signing in')
  const { generateRandomState } = await loadProtocol()
  const state = generateRandomState()
  const place = client.settings.quirks.anyRedirectPath === true ? withRandomPath(redirect) : redirect
  const listener = await openLoopbackListener({ redirect: place, state, log: context.log })
  // The handler may show a window of its own; it is told when that is no longer needed.
  const ended = new AbortController()
  try {
    const prepared = await prepareSignIn(call, request, { redirectUri: listener.redirectUri, state })
    const parameters = await waitForCallback(call, listener, prepared, ended.signal)
    return await completeSignIn(call, prepared.transaction, parameters, request.nameHint)
  } finally {
    // In this order: the browser may still be fetching the last page.
    await listener.close()
    ended.abort()
  }
}

/** Adds what nobody can guess to the path (docs/requirements.md LB-07). */
function withRandomPath(redirect: LoopbackRedirect): LoopbackRedirect {
  const { host, port, path } = redirect
  const random = nodeCrypto().randomBytes(16).toString('base64url')
  return { host, port, path: `${path.replace(/\/$/, '')}/${random}` }
}

/**
 * Opens the browser and waits until one of four things happens: the callback, the end of the caller's patience, the
 * end of the time, or a browser that cannot be opened.
 */
async function waitForCallback(
  call: ServerCall,
  listener: LoopbackListener,
  prepared: PreparedSignIn,
  ended: AbortSignal,
): Promise<URLSearchParams> {
  const { client, context } = call
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
  const onAbort = (): void => reject(abortReason(context.signal))
  const cancelTimer = context.clock.setTimer(() => reject(timedOut(call)), client.settings.signInTimeoutMs)
  context.signal.addEventListener('abort', onAbort, { once: true })
  if (context.signal.aborted) onAbort()
  // The handler may return only after the person has; by then nothing is to be opened any more.
  const answered = new AbortController()
  listener.callback.then((parameters) => {
    answered.abort()
    resolve(parameters)
  }, reject)
  openBrowser(call, prepared, AbortSignal.any([context.signal, ended]), answered.signal).catch((error: unknown) => {
    const why = `the browser could not be opened at ${prepared.url.host}. Open the page by hand or use another flow`
    reject(isAccountError(error) ? error : noBrowser(call, why))
  })
  try {
    return await promise
  } finally {
    cancelTimer()
    context.signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Lets the app open the browser. An app that asked the person first may have opened an address behind which there is
 * nothing any more; then the request is pushed anew and opened once more (docs/requirements.md PR-01).
 */
async function openBrowser(
  call: ServerCall,
  prepared: PreparedSignIn,
  signal: AbortSignal,
  answered: AbortSignal,
): Promise<void> {
  const { account } = call
  const { interaction } = call.context
  let url: URL | undefined = prepared.url
  for (let times = 1; url !== undefined; times += 1) {
    let failure: { readonly reason: unknown } | undefined
    try {
      await interaction?.openBrowser?.({ url, signal, ...(account !== undefined && { account }) })
    } catch (error) {
      failure = { reason: error }
    }
    if (signal.aborted || answered.aborted) return
    url = times < MOST_PUSHES ? await prepared.renewUrl() : undefined
    if (signal.aborted || answered.aborted) return
    if (failure !== undefined && url === undefined) throw failure.reason
  }
}

function noBrowser(call: Pick<ServerCall, 'client' | 'account'>, why: string): AccountError {
  return new AccountError('ERR_INTERACTION_REQUIRED', `${shownSubject(call)}: ${why}.`, {
    reason: 'no_browser',
    account: call.account,
  })
}

/** The person did not come back in time. */
export function timedOut(call: ServerCall): AccountError {
  const message = `${shownSubject(call)}: nobody finished signing in within the time allowed. Start again.`
  return new AccountError('ERR_INTERACTION_TIMEOUT', message, { reason: 'timeout', account: call.account })
}
