import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type HubSpotOptions = ProviderOptions

/** What is known about HubSpot. */
export const hubspotData: ProviderData = {
  documentation: 'https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide',
  redirect: 'exact',
  apiOrigins: ['https://api.hubapi.com'],
  scopes: {
    contacts: ['crm.objects.contacts.read', 'crm.objects.contacts.write'],
    companies: ['crm.objects.companies.read'],
    deals: ['crm.objects.deals.read'],
  },
  options: {
    type: 'com.hubspot',
    label: 'HubSpot',
    metadata: {
      issuer: 'https://app.hubspot.com',
      authorization_endpoint: 'https://app.hubspot.com/oauth/authorize',
      token_endpoint: 'https://api.hubapi.com/oauth/v3/token',
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    signInScopes: ['oauth'],
    quirks: {
      refreshScope: 'omit',
      scopeComparison: 'ignore',
      profile: { subject: ['hub_id', 'user_id'], name: ['user', 'hub_domain', 'hub_id'] },
      keptMembers: ['hub_id'],
    },
  },
}

/**
 * HubSpot accounts (account type `com.hubspot`), one for each person and portal.
 *
 * Needs the client's secret. Access tokens live for 30 minutes; refresh tokens do not rotate.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Manage OAuth tokens](https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide)
 */
export function hubspot(options: HubSpotOptions): Authenticator {
  return createProvider(hubspotData, options)
}
