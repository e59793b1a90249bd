import { kindOf } from '@accountry/accounts/contract'
import { optionalText } from './option-checks.ts'
import type { OAuthAuthenticatorOptions } from './options.ts'
import { parseRedirectUri } from './redirect-uri.ts'
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
  // The rest is loaded with the first call: importing the package must cost next to nothing.
  const { endSessionUrl } = await import('./end-session-url.ts')
  const url = await endSessionUrl(settings, request)
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
