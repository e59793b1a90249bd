import type { Authenticator } from '@accountry/accounts'
import { checkedBaseUrl } from './base-url.ts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface SalesforceOptions extends ProviderOptions {
  /** The organisation's own address, or `https://test.salesforce.com`. Default `https://login.salesforce.com`. */
  readonly baseUrl?: string
}

/** What is known about Salesforce. */
export const salesforceData: ProviderData = salesforceAt('https://login.salesforce.com')

/**
 * Salesforce accounts (account type `com.salesforce`).
 *
 * Where the API of the person's organisation is comes with the sign-in and is kept as the user data `instance_url`;
 * name that origin in the token types. The service does not say when a token ends.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [OAuth 2.0 web server flow](https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm)
 */
export function salesforce(options: SalesforceOptions): Authenticator {
  const { baseUrl, ...rest } = options
  const data = baseUrl === undefined ? salesforceData : salesforceAt(checkedBaseUrl(baseUrl, 'baseUrl'))
  return createProvider(data, rest)
}

function salesforceAt(base: string): ProviderData {
  return {
    documentation: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm',
    redirect: 'exact',
    // Every organisation has its own.
    apiOrigins: [],
    scopes: { api: ['api'], chatter: ['chatter_api'], everything: ['full'] },
    options: {
      type: 'com.salesforce',
      label: 'Salesforce',
      issuer: base,
      signInScopes: ['openid', 'email', 'profile', 'refresh_token'],
      quirks: { refreshScope: 'omit', scopeComparison: 'ignore', keptMembers: ['instance_url'] },
    },
  }
}
