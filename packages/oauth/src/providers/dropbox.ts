import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type DropboxOptions = ProviderOptions

/** What is known about Dropbox. */
export const dropboxData: ProviderData = {
  documentation: 'https://developers.dropbox.com/oauth-guide',
  redirect: 'exact',
  apiOrigins: ['https://api.dropboxapi.com', 'https://content.dropboxapi.com'],
  scopes: {
    'files.read': ['files.metadata.read', 'files.content.read'],
    files: ['files.metadata.read', 'files.content.read', 'files.content.write'],
    sharing: ['sharing.read', 'sharing.write'],
  },
  options: {
    type: 'com.dropbox',
    label: 'Dropbox',
    metadata: {
      issuer: 'https://www.dropbox.com',
      authorization_endpoint: 'https://www.dropbox.com/oauth2/authorize',
      token_endpoint: 'https://api.dropboxapi.com/oauth2/token',
      code_challenge_methods_supported: ['S256'],
    },
    signInScopes: ['account_info.read'],
    // Without it there is no refresh token.
    authorizationParameters: { token_access_type: 'offline' },
    quirks: {
      // The answer names the account; the e-mail address needs a request of its own.
      profile: {
        endpoint: 'https://api.dropboxapi.com/2/users/get_current_account',
        method: 'POST',
        subject: 'account_id',
        name: ['email'],
        claims: { email: 'email', name: 'name.display_name', picture: 'profile_photo_url' },
      },
    },
  },
}

/**
 * Dropbox accounts (account type `com.dropbox`).
 *
 * A public client with PKCE needs no secret. Refresh tokens do not rotate. The service revokes by its own API, so
 * removing an account leaves its grant in the person's list of connected apps.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [OAuth guide](https://developers.dropbox.com/oauth-guide)
 */
export function dropbox(options: DropboxOptions): Authenticator {
  return createProvider(dropboxData, options)
}
