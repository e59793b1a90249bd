import {
  AccountError,
  type AddAccountRequest,
  type Authenticator,
  type AuthenticatorCapabilities,
  type AuthenticatorConfiguration,
  type AuthenticatorContext,
  type AuthenticatorDescription,
  type NewAccount,
  type StartedSession,
} from '@accountry/accounts'
import { signInWithDeviceCode } from './device-flow.ts'
import { noLocalBrowser } from './environment.ts'
import { isUnattended, pickFlow } from './flows.ts'
import { getAuthToken } from './get-auth-token.ts'
import { signInThroughLoopback } from './loopback-flow.ts'
import { createOAuthClient, type OAuthClient } from './oauth-client.ts'
import type { OAuthAuthenticatorOptions } from './options.ts'
import { signInWithPastedRedirect } from './pasted-flow.ts'
import { authorizeRequest } from './resource-authorization.ts'
import { revokeAccount } from './revoke.ts'
import { finishSession, startSession } from './session-flow.ts'
import { checkedSettings, type Settings } from './settings.ts'
import type { SignInRequest } from './sign-in.ts'
import { readSignInOptions } from './sign-in-options.ts'
import { wantedAtSignIn } from './token-purpose.ts'
import { addUnattendedAccount } from './unattended-flow.ts'

/**
 * Creates the authenticator of a service that speaks OAuth 2.0 or OpenID Connect.
 *
 * Does no I/O: the server is looked up at the first call. The account's password is exactly the refresh token; where
 * the service issues none it is the access token.
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
    configuration: configurationOf(options),
    addAccount: async (request, context) =>
      await signIn(client, context, signInRequest(settings, request), request.authTokenType),
    getAuthToken: (request, context) => getAuthToken(client, request, context),
    authorizeRequest: (request, context) => authorizeRequest(client, request, context),
    getAuthTokenLabel: (authTokenType) => settings.tokenTypes?.[authTokenType]?.label ?? authTokenType,
    updateCredentials: async (request, context) =>
      await signIn(client, context, signInAgain(settings, request), request.authTokenType),
    ...(!isUnattended(settings.flows) && sessionMethods(client)),
    revoke: (account, context) => revokeAccount(client, account, context),
  }
}

function describe(settings: Settings): AuthenticatorDescription {
  const { type, label, icon, quirks, tokenTypes } = settings
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

/** What another program needs to serve the accounts. Functions stay behind: they only matter at a sign-in. */
function configurationOf(options: OAuthAuthenticatorOptions): AuthenticatorConfiguration {
  return { kind: 'oauth', options: JSON.parse(JSON.stringify(options)) as Record<string, unknown> }
}

/** Signing in across two calls, for answers that arrive somewhere else. */
function sessionMethods(
  client: OAuthClient,
): Pick<Authenticator, 'startAddAccountSession' | 'startUpdateCredentialsSession' | 'finishSession'> {
  const { settings } = client
  return {
    startAddAccountSession: async (request, context): Promise<StartedSession> =>
      await startSession(client, context, signInRequest(settings, request), request.redirectUri),
    startUpdateCredentialsSession: async (request, context): Promise<StartedSession> =>
      await startSession(client, context, signInAgain(settings, request), request.redirectUri),
    finishSession: (request, context) => finishSession(client, request, context),
  }
}

function signInRequest(
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

/** The name of the account is the hint; who really signed in is compared by the manager. */
function signInAgain(
  settings: Settings,
  request: Pick<AddAccountRequest, 'authTokenType' | 'options'> & {
    readonly account: NonNullable<SignInRequest['account']>
  },
): SignInRequest {
  const { account } = request
  return { ...signInRequest(settings, { ...request, name: account.name }), account }
}

async function signIn(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
  authTokenType: string | undefined,
): Promise<NewAccount> {
  const { flows, label, redirect } = client.settings
  const surroundings = { variables: process.env, platform: process.platform }
  const { interaction } = context
  const picked = pickFlow({ flows, redirect, interaction, noLocalBrowser: noLocalBrowser(surroundings) })
  if (picked.flow === 'loopback' && redirect.kind === 'loopback') {
    return await signInThroughLoopback(client, context, request, redirect.loopback)
  }
  if (picked.flow === 'device-code') return await signInWithDeviceCode(client, context, request)
  if (picked.flow === 'pasted-redirect') return await signInWithPastedRedirect(client, context, request)
  if (picked.flow !== undefined) return await addUnattendedAccount(client, context, request, authTokenType)
  const message = `${label}: nobody can sign in here (${picked.reasons.join('; ')}).`
  if (!picked.needsInteraction) throw new AccountError('ERR_UNSUPPORTED', message)
  throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_browser', account: request.account })
}
