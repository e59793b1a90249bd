import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type AtlassianOptions = ProviderOptions

/** What is known about Atlassian Cloud. */
export const atlassianData: ProviderData = {
  documentation: 'https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/',
  redirect: 'exact',
  apiOrigins: ['https://api.atlassian.com'],
  scopes: {
    'jira.read': ['read:jira-work', 'read:jira-user'],
    'jira.write': ['write:jira-work'],
    'confluence.read': ['read:confluence-content.all', 'read:confluence-space.summary'],
    profile: ['read:me'],
  },
  options: {
    type: 'com.atlassian',
    label: 'Atlassian',
    metadata: {
      issuer: 'https://auth.atlassian.com',
      authorization_endpoint: 'https://auth.atlassian.com/authorize',
      token_endpoint: 'https://auth.atlassian.com/oauth/token',
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    signInScopes: ['read:me', 'offline_access'],
    prompt: 'consent',
    authorizationParameters: { audience: 'api.atlassian.com' },
    quirks: {
      tokenRequestBody: 'json',
      refreshScope: 'omit',
      profile: {
        endpoint: 'https://api.atlassian.com/me',
        subject: 'account_id',
        name: ['email', 'name'],
        claims: { email: 'email', name: 'name', picture: 'picture' },
      },
    },
  },
}

/**
 * Atlassian accounts (account type `com.atlassian`): Jira and Confluence in the cloud.
 *
 * Refresh tokens are used once; a dead one is 403 with `invalid_grant`. The API of a site is found with
 * `https://api.atlassian.com/oauth/token/accessible-resources`.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Implementing the refresh token flow](https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/)
 */
export function atlassian(options: AtlassianOptions): Authenticator {
  return createProvider(atlassianData, options)
}
