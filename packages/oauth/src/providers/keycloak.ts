import type { Authenticator } from '@accountry/accounts'
import { checkedBaseUrl } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface KeycloakOptions extends ProviderOptions {
  /** Where Keycloak runs, e.g. `https://login.example.com`. */
  readonly baseUrl: string
  readonly realm: string
}

/** What is known about Keycloak. */
export const keycloakData: ProviderData = keycloakAt('https://login.example.com', 'main')

/**
 * Accounts of a Keycloak realm (account type `org.keycloak`).
 *
 * Register a public client with the redirect URI `http://127.0.0.1/*`; Keycloak takes any port of it.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Securing applications and services](https://www.keycloak.org/securing-apps/oidc-layers)
 */
export function keycloak(options: KeycloakOptions): Authenticator {
  const { baseUrl, realm, ...rest } = options
  if (typeof realm !== 'string' || realm === '') throw new TypeError('realm must be a non-empty string')
  return createProvider(keycloakAt(checkedBaseUrl(baseUrl, 'baseUrl'), realm), rest)
}

function keycloakAt(base: string, realm: string): ProviderData {
  return {
    documentation: 'https://www.keycloak.org/securing-apps/oidc-layers',
    redirect: 'any-port',
    apiOrigins: [],
    scopes: { profile: ['profile'], roles: ['roles'] },
    options: {
      type: 'org.keycloak',
      label: 'Keycloak',
      issuer: `${base}/realms/${encodeURIComponent(realm)}`,
      flow: ['loopback', 'device-code'],
      redirectUri: 'http://127.0.0.1/callback',
      signInScopes: ['openid', 'email', 'profile', 'offline_access'],
      // The registration ends with a star.
      quirks: { anyRedirectPath: true },
    },
  }
}
