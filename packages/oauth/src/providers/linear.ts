import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type LinearOptions = ProviderOptions

/** What is known about Linear. */
export const linearData: ProviderData = {
  documentation: 'https://linear.app/developers/oauth-2-0-authentication',
  redirect: 'exact',
  apiOrigins: ['https://api.linear.app'],
  scopes: {
    read: ['read'],
    write: ['read', 'write'],
    'create issues': ['read', 'issues:create'],
    'create comments': ['read', 'comments:create'],
  },
  options: {
    type: 'app.linear',
    label: 'Linear',
    metadata: {
      issuer: 'https://linear.app',
      authorization_endpoint: 'https://linear.app/oauth/authorize',
      token_endpoint: 'https://api.linear.app/oauth/token',
      revocation_endpoint: 'https://api.linear.app/oauth/revoke',
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      code_challenge_methods_supported: ['S256'],
    },
    signInScopes: ['read'],
    prompt: 'consent',
    quirks: {
      requestScopeSeparator: ',',
      scopeSeparator: ',',
      refreshScope: 'omit',
      profile: {
        endpoint: 'https://api.linear.app/graphql',
        method: 'POST',
        body: { query: '{ viewer { id name email } }' },
        subject: 'data.viewer.id',
        name: ['data.viewer.email', 'data.viewer.name'],
        claims: { email: 'data.viewer.email', name: 'data.viewer.name' },
      },
    },
  },
}

/**
 * Linear accounts (account type `app.linear`).
 *
 * Scopes are separated by commas, and refresh tokens are used once.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [OAuth 2.0 authentication](https://linear.app/developers/oauth-2-0-authentication)
 */
export function linear(options: LinearOptions): Authenticator {
  return createProvider(linearData, options)
}
