import type { Authenticator } from '@accountry/accounts'
import { checkedHost } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface OktaOptions extends ProviderOptions {
  /** The organisation's host, e.g. `example.okta.com`. */
  readonly domain: string
  /** The authorization server. Default `default`; `undefined` spelled out as `''` is the organisation's own. */
  readonly authorizationServer?: string
}

/** What is known about Okta. */
export const oktaData: ProviderData = oktaAt('example.okta.com', 'default')

/**
 * Okta accounts (account type `com.okta`).
 *
 * Register a native app with the refresh token grant; redirect URIs are compared exactly, port and all. Rotation and
 * its grace period are settings of the app.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Refresh access tokens and rotate refresh tokens](https://developer.okta.com/docs/guides/refresh-tokens/main/)
 */
export function okta(options: OktaOptions): Authenticator {
  const { domain, authorizationServer = 'default', ...rest } = options
  return createProvider(oktaAt(checkedHost(domain, 'domain'), authorizationServer), rest)
}

function oktaAt(domain: string, server: string): ProviderData {
  return {
    documentation: 'https://developer.okta.com/docs/guides/refresh-tokens/main/',
    redirect: 'exact',
    // The APIs behind an organisation's sign-in are its own.
    apiOrigins: [],
    scopes: { profile: ['profile'], groups: ['groups'] },
    options: {
      type: 'com.okta',
      label: 'Okta',
      issuer: server === '' ? `https://${domain}` : `https://${domain}/oauth2/${encodeURIComponent(server)}`,
      signInScopes: ['openid', 'email', 'profile', 'offline_access'],
      // Okta grants offline_access without a consent page.
      prompt: 'login',
    },
  }
}
