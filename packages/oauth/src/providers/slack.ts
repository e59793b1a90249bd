import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type SlackOptions = ProviderOptions

/** What is known about Slack. */
export const slackData: ProviderData = {
  documentation: 'https://docs.slack.dev/authentication/using-pkce',
  redirect: 'exact',
  apiOrigins: ['https://slack.com'],
  scopes: {
    'channels.read': ['channels:read', 'channels:history'],
    messages: ['chat:write'],
    search: ['search:read'],
    files: ['files:read'],
    people: ['users:read', 'users:read.email'],
  },
  options: {
    type: 'com.slack',
    label: 'Slack',
    metadata: {
      issuer: 'https://slack.com',
      authorization_endpoint: 'https://slack.com/oauth/v2/authorize',
      token_endpoint: 'https://slack.com/api/oauth.v2.access',
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
    },
    signInScopes: [],
    quirks: {
      // The token acts for the person; scopes of a bot go by the other parameter, and installed apps may not ask for it.
      scopeParameter: 'user_scope',
      requestScopeSeparator: ',',
      scopeSeparator: ',',
      tokenMember: 'authed_user',
      bearerTokenTypes: ['user', 'bot'],
      refreshScope: 'omit',
      grantDeadErrors: ['invalid_refresh_token', 'token_revoked', 'token_expired', 'account_inactive', 'invalid_code'],
      profile: { subject: ['team.id', 'authed_user.id'], name: ['team.name'], claims: { team: 'team.id' } },
      keptMembers: ['team.id', 'team.name'],
    },
  },
}

/**
 * Slack accounts (account type `com.slack`), one for each person and workspace; the token acts for the person.
 *
 * Enable PKCE for the app and name the redirect URI that was registered. Refresh tokens of such apps are used once
 * and end after 30 days. Errors come with status 200.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Using PKCE](https://docs.slack.dev/authentication/using-pkce)
 */
export function slack(options: SlackOptions): Authenticator {
  return createProvider(slackData, options)
}
