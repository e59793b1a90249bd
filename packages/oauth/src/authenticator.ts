import {
  AccountError,
  type AddAccountRequest,
  type Authenticator,
  type AuthenticatorCapabilities,
  type AuthenticatorContext,
  type AuthenticatorDescription,
  type NewAccount,
} from '@accountry/accounts'
import { signInThroughLoopback } from './loopback-flow.ts'
import { createOAuthClient, type OAuthClient } from './oauth-client.ts'
import type { OAuthAuthenticatorOptions } from './options.ts'
import { refreshToken } from './refresh.ts'
import { revokeAccount } from './revoke.ts'
import { checkedSettings, describeTokenTypes, type Settings } from './settings.ts'
import type { SignInRequest } from './sign-in.ts'
import { readSignInOptions } from './sign-in-options.ts'
import { wantedAtSignIn } from './token-purpose.ts'

/**
 * Creates the authenticator of a service that speaks OAuth 2.0 or OpenID Connect.
 *
 * Does no I/O: the server is looked up at the first call. The account's password is exactly the refresh token.
 *
 * @example
 * ```ts
 * const authenticator = createOAuthAuthenticator({
 *   type: 'com.example',
 *   label: 'Example',
 *   issuer: 'https://login.example.com',
 *   clientId: 'desktop-app',
 *   tokenTypes: { notes: { scopes: ['notes.read'], origins: ['https://api.example.com'] } },
 * })
 * ```
 *
 * @throws TypeError naming the option that is wrong.
 * @see [RFC 8252, OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html)
 */
export function createOAuthAuthenticator(options: OAuthAuthenticatorOptions): Authenticator {
  const settings = checkedSettings(options)
  const client = createOAuthClient(settings)
  return {
    description: describe(settings),
    addAccount: (request, context) => signIn(client, context, newSignIn(settings, request)),
    getAuthToken: (request, context) => refreshToken(client, request, context),
    getAuthTokenLabel: (authTokenType) => settings.tokenTypes?.[authTokenType]?.label ?? authTokenType,
    updateCredentials: (request, context) =>
      signIn(client, context, {
        ...newSignIn(settings, { ...request, name: request.account.name }),
        account: request.account,
      }),
    revoke: (account, context) => revokeAccount(client, account, context),
  }
}

function describe(settings: Settings): AuthenticatorDescription {
  const { type, label, icon, quirks } = settings
  const tokenTypes = describeTokenTypes(settings)
  const capabilities: AuthenticatorCapabilities = {
    ...(quirks.accessTokens !== undefined && { accessTokens: quirks.accessTokens }),
    ...(quirks.passwordIsToken !== undefined && { passwordIsToken: quirks.passwordIsToken }),
  }
  return {
    type,
    label,
    capabilities,
    ...(icon !== undefined && { icon }),
    ...(tokenTypes !== undefined && { tokenTypes }),
  }
}

function newSignIn(
  settings: Settings,
  request: Pick<AddAccountRequest, 'name' | 'authTokenType' | 'options'>,
): SignInRequest {
  const { scopes, resource } = wantedAtSignIn(settings, request.authTokenType)
  const options = readSignInOptions(request.options)
  return {
    scopes: [...scopes, ...options.scopes],
    resource,
    maxAgeS: options.maxAgeS,
    acrValues: options.acrValues,
    nameHint: request.name,
    wishes: {
      prompt: options.prompt,
      claims: options.claims,
      loginHint: options.loginHint ?? request.name ?? settings.loginHint,
      extra: { ...settings.authorizationParameters, ...options.authorizationParameters },
    },
  }
}

async function signIn(client: OAuthClient, context: AuthenticatorContext, request: SignInRequest): Promise<NewAccount> {
  const { settings } = client
  if (settings.flows.includes('loopback') && settings.redirect.kind === 'loopback') {
    return await signInThroughLoopback(client, context, request, settings.redirect.loopback)
  }
  const message = `${settings.label}: none of the flows ${settings.flows.join(', ')} can sign in here`
  throw new AccountError('ERR_UNSUPPORTED', message)
}
