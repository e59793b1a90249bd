import {
  AccountError,
  type AuthenticatorContext,
  type FinishSessionRequest,
  type NewAccount,
  type StartedSession,
} from '@accountry/accounts'
import type { AuthorizationTransaction } from './authorization-request.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadProtocol } from './protocol.ts'
import { parseRedirectUri, type Redirect } from './redirect-uri.ts'
import { isSameText } from './same-text.ts'
import { beginCall, shownSubject } from './server-call.ts'
import { completeSignIn, prepareSignIn, type SignInRequest } from './sign-in.ts'

const LONGEST_ANSWER = 64 * 1024

/** What the manager seals between start and finish. */
interface SessionData {
  readonly transaction: AuthorizationTransaction
  readonly nameHint?: string
}

/**
 * Starts a sign-in whose answer arrives somewhere else: at the app's web server, through a link that the operating
 * system hands to the app, or as an address that the person copies out of a browser on another machine.
 *
 * @throws TypeError for a redirect URI that is none; AccountError as the start of any sign-in.
 */
export async function startSession(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
  redirectUri: string | undefined,
): Promise<StartedSession> {
  const redirect = redirectUri === undefined ? client.settings.redirect : parseRedirectUri(redirectUri)
  if (typeof redirect === 'string') throw new TypeError(`redirectUri ${redirect}`)
  const call = await beginCall(client, context, request.account, 'starting a sign-in')
  const { generateRandomState } = await loadProtocol()
  const place = { redirectUri: redirectUri ?? uriOf(redirect), state: generateRandomState() }
  const { url, transaction } = await prepareSignIn(call, request, place)
  const { nameHint } = request
  const session: SessionData = { transaction, ...(nameHint !== undefined && { nameHint }) }
  return { url, session: { ...session }, state: place.state }
}

/**
 * Finishes a sign-in with the URL to which the browser was sent.
 *
 * The whole URL is needed: a code alone does not prove that it belongs to this sign-in.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE` when the URL is not the redirect of this sign-in.
 */
export async function finishSession(
  client: OAuthClient,
  request: FinishSessionRequest,
  context: AuthenticatorContext,
): Promise<NewAccount> {
  const { transaction, nameHint } = request.session as unknown as SessionData
  const { account } = request
  const call = await beginCall(client, context, account, 'finishing a sign-in')
  const refuse = (why: string): AccountError =>
    new AccountError('ERR_INVALID_RESPONSE', `${shownSubject(call)}: ${why}. Nothing was stored; sign in again.`, {
      account,
    })
  const { settings } = client
  if (transaction.issuer !== settings.issuer || transaction.clientId !== settings.clientId) {
    throw refuse('the sign-in was started by another client')
  }
  const { url } = request.answer
  if (url === undefined) throw refuse('the sign-in needs the whole address to which the browser was sent')
  if (url.href.length > LONGEST_ANSWER || !isRedirect(url, transaction.redirectUri)) {
    throw refuse('the address is not the one of this sign-in')
  }
  const states = url.searchParams.getAll('state')
  if (states.length !== 1 || !isSameText(states[0] ?? '', transaction.state)) {
    throw refuse('the address does not belong to this sign-in')
  }
  return await completeSignIn(call, transaction, url.searchParams, nameHint)
}

/** Everything but the query must be what was sent; parameters that the redirect URI has itself stay where they are. */
function isRedirect(url: URL, redirectUri: string): boolean {
  const expected = new URL(redirectUri)
  const isSamePlace =
    url.protocol === expected.protocol &&
    url.host === expected.host &&
    url.pathname === expected.pathname &&
    url.username === '' &&
    url.password === ''
  return isSamePlace && [...expected.searchParams].every(([name, value]) => url.searchParams.get(name) === value)
}

/** Without a port, since nobody listens: the person copies the address that the browser could not load. */
function uriOf(redirect: Redirect): string {
  if (redirect.kind !== 'loopback') return redirect.uri
  const { host, port, path, writtenPath = path } = redirect.loopback
  return `http://${host}${port === 0 ? '' : `:${port}`}${writtenPath}`
}
