import { AccountError, type AuthenticatorContext, isAccountError, type NewAccount } from '@accountry/accounts'
import { abortReason } from './http-exchange.ts'
import { type LoopbackListener, type LoopbackRedirect, openLoopbackListener } from './loopback-listener.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadProtocol } from './protocol.ts'
import { completeSignIn, prepareSignIn, type SignInRequest } from './sign-in.ts'

/**
 * Signs a person in through the system browser and a listener on this machine (RFC 8252 §7.3).
 *
 * The listener exists from just before the browser is opened until the answer is there, and its port is free again
 * when this resolves or rejects.
 *
 * @throws AccountError `ERR_INTERACTION_REQUIRED` (`no_browser`), `ERR_INTERACTION_CANCELED`,
 *   `ERR_INTERACTION_TIMEOUT`, `ERR_UNSUPPORTED` (`port_in_use`), and what {@link completeSignIn} throws.
 */
export async function signInThroughLoopback(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
  redirect: LoopbackRedirect,
): Promise<NewAccount> {
  const { settings } = client
  if (context.interaction?.openBrowser === undefined) throw noBrowser(settings.label)
  const scene = { label: settings.label, account: request.account, doing: 'signing in' }
  const metadata = await client.discovery.find(context, scene)
  const { generateRandomState } = await loadProtocol()
  const state = generateRandomState()
  const listener = await openLoopbackListener({ redirect, state, log: context.log })
  try {
    const place = { redirectUri: listener.redirectUri, state }
    const { url, transaction } = await prepareSignIn(client, context, metadata, request, place)
    const parameters = await waitForCallback(client, context, listener, url, request)
    return await completeSignIn(client, context, metadata, transaction, parameters, request.nameHint)
  } finally {
    await listener.close()
  }
}

/**
 * Opens the browser and waits until one of four things happens: the callback, the end of the caller's patience, the
 * end of the time, or a browser that cannot be opened.
 */
async function waitForCallback(
  client: OAuthClient,
  context: AuthenticatorContext,
  listener: LoopbackListener,
  url: URL,
  request: SignInRequest,
): Promise<URLSearchParams> {
  const { label, signInTimeoutMs } = client.settings
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
  const ended = new AbortController()
  const onAbort = (): void => reject(abortReason(context.signal))
  const cancelTimer = context.clock.setTimer(() => reject(timedOut(label)), signInTimeoutMs)
  context.signal.addEventListener('abort', onAbort, { once: true })
  if (context.signal.aborted) onAbort()
  listener.callback.then(resolve, reject)
  // The handler may open a window of its own; it is told when that is no longer needed.
  const signal = AbortSignal.any([context.signal, ended.signal])
  openBrowser(context, { url, signal, ...(request.account !== undefined && { account: request.account }) }).catch(
    (error: unknown) => reject(isAccountError(error) ? error : browserFailed(label, url)),
  )
  try {
    return await promise
  } finally {
    cancelTimer()
    context.signal.removeEventListener('abort', onAbort)
    ended.abort()
  }
}

/** Also turns a handler that throws at once into a rejection. */
async function openBrowser(
  context: AuthenticatorContext,
  request: Parameters<NonNullable<NonNullable<AuthenticatorContext['interaction']>['openBrowser']>>[0],
): Promise<void> {
  await context.interaction?.openBrowser?.(request)
}

function noBrowser(label: string): AccountError {
  const message = `${label}: signing in needs a browser, and the app offered none (interaction.openBrowser)`
  return new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_browser' })
}

function browserFailed(label: string, url: URL): AccountError {
  const message = `${label}: the browser could not be opened at ${url.host}. Open the page by hand or use another flow.`
  return new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_browser' })
}

function timedOut(label: string): AccountError {
  const message = `${label}: nobody finished signing in within the time allowed. Start again.`
  return new AccountError('ERR_INTERACTION_TIMEOUT', message, { reason: 'timeout' })
}
