import type { Authenticator } from '@accountry/accounts'
import { checkedBaseUrl } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface GitHubOptions extends ProviderOptions {
  /** An installation of one's own (GitHub Enterprise). Default `https://github.com`. */
  readonly baseUrl?: string
  /**
   * The client is a GitHub App whose user tokens expire and are renewed. Default `false`: an OAuth app, whose token
   * stays until it is revoked and is the account's password.
   */
  readonly expiringTokens?: boolean
}

/** What is known about GitHub. */
export const githubData: ProviderData = githubAt('https://github.com', 'https://api.github.com')

/**
 * GitHub accounts (account type `com.github`).
 *
 * An OAuth app needs its secret for the browser, and none for device codes; the secret of an installed app is not a
 * secret. GitHub reports errors with status 200 and renews nothing for OAuth apps: the access token is the account's
 * password.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Authorizing OAuth apps](https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps)
 */
export function github(options: GitHubOptions): Authenticator {
  const { baseUrl, expiringTokens = false, ...rest } = options
  const base = baseUrl === undefined ? undefined : checkedBaseUrl(baseUrl, 'baseUrl')
  const data = base === undefined ? githubData : githubAt(base, `${base}/api/v3`)
  const quirks = { passwordIsToken: !expiringTokens, ...rest.quirks }
  return createProvider(data, { ...rest, quirks })
}

function githubAt(base: string, api: string): ProviderData {
  return {
    documentation: 'https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    redirect: 'any-port',
    apiOrigins: [new URL(api).origin],
    scopes: {
      repositories: ['repo'],
      'public repositories': ['public_repo'],
      gists: ['gist'],
      notifications: ['notifications'],
      organizations: ['read:org'],
      profile: ['read:user', 'user:email'],
    },
    options: {
      type: 'com.github',
      label: 'GitHub',
      metadata: {
        issuer: `${base}/login/oauth`,
        authorization_endpoint: `${base}/login/oauth/authorize`,
        token_endpoint: `${base}/login/oauth/access_token`,
        device_authorization_endpoint: `${base}/login/device/code`,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
      flow: ['loopback', 'device-code'],
      redirectUri: 'http://127.0.0.1/callback',
      signInScopes: [],
      prompt: 'select_account',
      nameClaims: ['preferred_username'],
      quirks: {
        passwordIsToken: true,
        scopeSeparator: ',',
        refreshScope: 'omit',
        // `repo` covers `public_repo`, and user tokens of GitHub Apps have no scopes at all.
        scopeComparison: 'ignore',
        grantDeadErrors: ['bad_refresh_token', 'bad_verification_code'],
        profile: {
          endpoint: `${api}/user`,
          headers: { accept: 'application/vnd.github+json' },
          subject: 'id',
          name: ['login'],
          claims: { name: 'name', email: 'email', picture: 'avatar_url' },
        },
      },
    },
  }
}
