import type { Authenticator } from '@accountry/accounts'
import { checkedHost } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface Auth0Options extends ProviderOptions {
  /** The tenant's host, e.g. `example.eu.auth0.com`, or its custom domain. */
  readonly domain: string
  /** The identifier of the API that the access tokens are for. Without one they are opaque. */
  readonly audience?: string
}

/** What is known about Auth0. */
export const auth0Data: ProviderData = auth0At('example.eu.auth0.com')

/**
 * Auth0 accounts (account type `com.auth0`).
 *
 * Register a native app with rotating refresh tokens and the redirect URI that is used, port and all. The issuer ends
 * with a slash there.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Refresh token rotation](https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation)
 */
export function auth0(options: Auth0Options): Authenticator {
  const { domain, audience, authorizationParameters, ...rest } = options
  const parameters = { ...(audience !== undefined && { audience }), ...authorizationParameters }
  return createProvider(auth0At(checkedHost(domain, 'domain')), { ...rest, authorizationParameters: parameters })
}

function auth0At(domain: string): ProviderData {
  return {
    documentation: 'https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation',
    redirect: 'exact',
    apiOrigins: [],
    scopes: { profile: ['profile'] },
    options: {
      type: 'com.auth0',
      label: 'Auth0',
      issuer: `https://${domain}/`,
      signInScopes: ['openid', 'email', 'profile', 'offline_access'],
    },
  }
}
