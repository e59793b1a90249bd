import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type NotionOptions = ProviderOptions

/** What is known about Notion. */
export const notionData: ProviderData = {
  documentation: 'https://developers.notion.com/reference/refresh-a-token',
  redirect: 'exact',
  apiOrigins: ['https://api.notion.com'],
  // What an integration may do is chosen when it is registered.
  scopes: { content: [] },
  options: {
    type: 'so.notion',
    label: 'Notion',
    metadata: {
      issuer: 'https://api.notion.com',
      authorization_endpoint: 'https://api.notion.com/v1/oauth/authorize?owner=user',
      token_endpoint: 'https://api.notion.com/v1/oauth/token',
      revocation_endpoint: 'https://api.notion.com/v1/oauth/revoke',
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    },
    signInScopes: [],
    quirks: {
      tokenRequestBody: 'json',
      profile: {
        subject: 'bot_id',
        name: ['owner.user.person.email', 'workspace_name'],
        claims: { email: 'owner.user.person.email', name: 'owner.user.name' },
      },
      keptMembers: ['workspace_id', 'workspace_name'],
    },
  },
}

/**
 * Notion accounts (account type `so.notion`), one for each authorisation of a workspace.
 *
 * Token requests are JSON. An integration without refresh tokens keeps working: then the access token is the
 * account's password.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Refresh a token](https://developers.notion.com/reference/refresh-a-token)
 */
export function notion(options: NotionOptions): Authenticator {
  return createProvider(notionData, options)
}
