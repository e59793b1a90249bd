import { AccountError, type AuthenticatorContext, systemClock } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { parseEndpoint } from './endpoint-url.ts'
import { createOAuthClient } from './oauth-client.ts'
import { optionalText } from './option-checks.ts'
import type { OAuthAuthenticatorOptions } from './options.ts'
import { parseRedirectUri } from './redirect-uri.ts'
import { beginCall } from './server-call.ts'
import { checkedSettings } from './settings.ts'

export interface EndSessionRequest {
  /** Which session is meant: an ID token of the account, from a token type of the kind `id_token`. Never log it. */
  readonly idToken?: string
  /** Where the browser goes afterwards; registered at the server. */
  readonly postLogoutRedirectUri?: string
  /** Comes back with the browser. */
  readonly state?: string
  readonly logoutHint?: string
  readonly fetch?: typeof fetch
  readonly signal?: AbortSignal
}

/**
 * The page that ends the person's session in the browser (OpenID Connect RP-Initiated Logout §2).
 *
 * Removing an account ends its tokens; this also ends the sign-in of the browser, so that the next one asks again.
 * Open the URL with the app's own browser opener.
 *
 * @param options The options of the account's authenticator.
 * @throws TypeError for a wrong option; AccountError `ERR_UNSUPPORTED` when the service has no such page, and what
 *   looking it up fails with.
 */
export async function createEndSessionUrl(
  options: OAuthAuthenticatorOptions,
  request: EndSessionRequest = {},
): Promise<URL> {
  const settings = checkedSettings(options)
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(`request must be an object, received ${kindOf(request)}`)
  }
  const idToken = optionalText(request.idToken, 'idToken')
  const state = optionalText(request.state, 'state')
  const logoutHint = optionalText(request.logoutHint, 'logoutHint')
  const redirectUri = optionalText(request.postLogoutRedirectUri, 'postLogoutRedirectUri')
  const redirect = redirectUri === undefined ? undefined : parseRedirectUri(redirectUri)
  if (typeof redirect === 'string') throw new TypeError(`postLogoutRedirectUri ${redirect}`)
  const context: AuthenticatorContext = {
    principal: '',
    clock: systemClock,
    fetch: request.fetch ?? fetch,
    signal: request.signal ?? new AbortController().signal,
    log: silentLog,
  }
  const { metadata } = await beginCall(createOAuthClient(settings), context, undefined, 'signing out')
  const url = parseEndpoint(metadata.end_session_endpoint)
  if (typeof url === 'string') {
    throw new AccountError('ERR_UNSUPPORTED', `${settings.label}: the service has no page that ends a session`)
  }
  const parameters = {
    client_id: settings.clientId,
    id_token_hint: idToken,
    post_logout_redirect_uri: redirectUri,
    state,
    logout_hint: logoutHint,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

const silentLog: AuthenticatorContext['log'] = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
