import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export type GoogleOptions = ProviderOptions

/** What is known about Google. */
export const googleData: ProviderData = {
  documentation: 'https://developers.google.com/identity/protocols/oauth2/native-app',
  redirect: 'any-port',
  apiOrigins: [
    'https://www.googleapis.com',
    'https://gmail.googleapis.com',
    'https://people.googleapis.com',
    'https://tasks.googleapis.com',
    'https://sheets.googleapis.com',
    'https://docs.googleapis.com',
  ],
  scopes: {
    'calendar.read': ['https://www.googleapis.com/auth/calendar.readonly'],
    calendar: ['https://www.googleapis.com/auth/calendar'],
    'drive.read': ['https://www.googleapis.com/auth/drive.readonly'],
    'drive.file': ['https://www.googleapis.com/auth/drive.file'],
    'gmail.read': ['https://www.googleapis.com/auth/gmail.readonly'],
    mail: ['https://mail.google.com/'],
    contacts: ['https://www.googleapis.com/auth/contacts.readonly'],
    tasks: ['https://www.googleapis.com/auth/tasks'],
  },
  options: {
    type: 'com.google',
    label: 'Google',
    issuer: 'https://accounts.google.com',
    flow: 'loopback',
    signInScopes: ['openid', 'email', 'profile'],
    // Without both of these Google sends a refresh token at the first consent only.
    prompt: 'consent',
    authorizationParameters: { access_type: 'offline' },
    quirks: {
      scopeAliases: {
        email: 'https://www.googleapis.com/auth/userinfo.email',
        profile: 'https://www.googleapis.com/auth/userinfo.profile',
      },
      // Ending any token ends everything that the person allowed the client.
      revocation: 'client',
    },
  },
}

/**
 * Google accounts (account type `com.google`).
 *
 * Register an OAuth client of the kind "Desktop app"; its secret is required, and is not a secret. Google does not
 * rotate refresh tokens; those of a project in the state "Testing" end after seven days.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [OAuth 2.0 for mobile and desktop apps](https://developers.google.com/identity/protocols/oauth2/native-app)
 */
export function google(options: GoogleOptions): Authenticator {
  return createProvider(googleData, options)
}
