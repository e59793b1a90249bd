import type { Authenticator } from '@accountry/accounts'
import { checkedBaseUrl } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface GitLabOptions extends ProviderOptions {
  /** An installation of one's own. Default `https://gitlab.com`. */
  readonly baseUrl?: string
}

/** What is known about GitLab. */
export const gitlabData: ProviderData = gitlabAt('https://gitlab.com')

/**
 * GitLab accounts (account type `com.gitlab`), at gitlab.com or at an installation of one's own.
 *
 * Register a non-confidential application with the redirect URI `http://127.0.0.1/callback`. Renewing ends the old
 * access token as well as the old refresh token, so one token serves all token types.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [OAuth 2.0 identity provider API](https://docs.gitlab.com/api/oauth2/)
 */
export function gitlab(options: GitLabOptions): Authenticator {
  const { baseUrl, ...rest } = options
  return createProvider(baseUrl === undefined ? gitlabData : gitlabAt(checkedBaseUrl(baseUrl, 'baseUrl')), rest)
}

function gitlabAt(base: string): ProviderData {
  return {
    documentation: 'https://docs.gitlab.com/api/oauth2/',
    redirect: 'any-port',
    apiOrigins: [new URL(base).origin],
    scopes: {
      api: ['api'],
      'api.read': ['read_api'],
      repositories: ['read_repository', 'write_repository'],
      registry: ['read_registry'],
      profile: ['read_user'],
    },
    options: {
      type: 'com.gitlab',
      label: 'GitLab',
      issuer: base,
      flow: ['loopback', 'device-code'],
      redirectUri: 'http://127.0.0.1/callback',
      signInScopes: ['openid', 'email', 'profile'],
      quirks: { accessTokens: 'single', refreshScope: 'omit' },
    },
  }
}
