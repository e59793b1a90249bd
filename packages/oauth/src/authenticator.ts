import type {
  Authenticator,
  AuthenticatorCapabilities,
  AuthenticatorConfiguration,
  AuthenticatorDescription,
} from '@accountry/accounts'
import { isUnattended } from './flows.ts'
import type { OAuthAuthenticatorOptions } from './options.ts'
import type { OAuthService } from './service.ts'
import { checkedSettings, type Settings } from './settings.ts'

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
  const service = loadedOnce(settings)
  return {
    description: describe(settings),
    configuration: configurationOf(options),
    addAccount: async (request, context) => await (await service()).addAccount(request, context),
    getAuthToken: async (request, context) => await (await service()).getAuthToken(request, context),
    authorizeRequest: async (request, context) => await (await service()).authorizeRequest(request, context),
    getAuthTokenLabel: (authTokenType) => settings.tokenTypes?.[authTokenType]?.label ?? authTokenType,
    updateCredentials: async (request, context) => await (await service()).updateCredentials(request, context),
    hasFeatures: async (request, context) => await (await service()).hasFeatures(request, context),
    ...(!isUnattended(settings.flows) && methodsForPeople(service)),
    revoke: async (account, context) => await (await service()).revoke(account, context),
    discard: async (account, context) => await (await service()).discard(account, context),
  }
}

/**
 * The flows, the token endpoint, discovery and the rest are loaded with the first call: importing the package, and
 * making authenticators, must cost next to nothing.
 */
function loadedOnce(settings: Settings): () => Promise<OAuthService> {
  let service: OAuthService | undefined
  return async () => {
    if (service !== undefined) return service
    const { createOAuthService } = await import('./service.ts')
    service ??= createOAuthService(settings)
    return service
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

/** What there is only where a person signs in: sign-ins across two calls, and asking the person again. */
function methodsForPeople(
  service: () => Promise<OAuthService>,
): Pick<
  Authenticator,
  'startAddAccountSession' | 'startUpdateCredentialsSession' | 'finishSession' | 'confirmCredentials'
> {
  return {
    startAddAccountSession: async (request, context) =>
      await (await service()).startAddAccountSession(request, context),
    startUpdateCredentialsSession: async (request, context) =>
      await (await service()).startUpdateCredentialsSession(request, context),
    finishSession: async (request, context) => await (await service()).finishSession(request, context),
    confirmCredentials: async (request, context) => await (await service()).confirmCredentials(request, context),
  }
}
