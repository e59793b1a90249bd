import type { Authenticator } from '@accountry/accounts'
import { checkedBaseUrl } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface ZohoOptions extends ProviderOptions {
  /** The accounts server of the person's region, e.g. `https://accounts.zoho.eu`. Default `https://accounts.zoho.com`. */
  readonly baseUrl?: string
}

/** What is known about Zoho. */
export const zohoData: ProviderData = zohoAt('https://accounts.zoho.com')

/**
 * Zoho accounts (account type `com.zoho`).
 *
 * A person's data lives in one region, and so does the sign-in: name its accounts server. The API's address comes
 * with the sign-in and is kept as the user data `api_domain`. Errors come with status 200.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Using OAuth 2.0](https://www.zoho.com/accounts/protocol/oauth.html)
 */
export function zoho(options: ZohoOptions): Authenticator {
  const { baseUrl, ...rest } = options
  return createProvider(baseUrl === undefined ? zohoData : zohoAt(checkedBaseUrl(baseUrl, 'baseUrl')), rest)
}

function zohoAt(base: string): ProviderData {
  const domain = new URL(base).hostname.replace(/^accounts\./, '')
  return {
    documentation: 'https://www.zoho.com/accounts/protocol/oauth.html',
    redirect: 'exact',
    apiOrigins: [`https://www.${domain.replace('zoho.', 'zohoapis.')}`],
    scopes: {
      crm: ['ZohoCRM.modules.ALL'],
      mail: ['ZohoMail.messages.READ', 'ZohoMail.accounts.READ'],
      calendar: ['ZohoCalendar.event.ALL'],
      books: ['ZohoBooks.fullaccess.all'],
    },
    options: {
      type: 'com.zoho',
      label: 'Zoho',
      metadata: {
        issuer: base,
        authorization_endpoint: `${base}/oauth/v2/auth`,
        token_endpoint: `${base}/oauth/v2/token`,
        revocation_endpoint: `${base}/oauth/v2/token/revoke`,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      },
      signInScopes: ['AaaServer.profile.READ'],
      prompt: 'consent',
      authorizationParameters: { access_type: 'offline' },
      quirks: {
        requestScopeSeparator: ',',
        refreshScope: 'omit',
        scopeComparison: 'ignore',
        authorizationScheme: 'Zoho-oauthtoken',
        grantDeadErrors: ['invalid_code'],
        profile: {
          endpoint: `${base}/oauth/user/info`,
          subject: 'ZUID',
          name: ['Email', 'Display_Name'],
          claims: { email: 'Email', name: 'Display_Name' },
        },
        keptMembers: ['api_domain'],
      },
    },
  }
}
