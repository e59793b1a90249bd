import type { Authenticator } from '@accountry/accounts'
import { createOAuthAuthenticator } from '../authenticator.ts'
import type { OAuthAuthenticatorOptions } from '../options.ts'

/** Everything can be overridden; the client is required. */
export type GoogleOptions = Partial<OAuthAuthenticatorOptions> & Pick<OAuthAuthenticatorOptions, 'clientId'>

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
  const { quirks, authorizationParameters, ...rest } = options
  return createOAuthAuthenticator({
    type: 'com.google',
    label: 'Google',
    issuer: options.metadata?.issuer ?? 'https://accounts.google.com',
    clientAuthentication: options.clientSecret === undefined ? 'none' : 'client_secret_post',
    flow: 'loopback',
    signInScopes: ['openid', 'email', 'profile'],
    prompt: 'consent',
    ...rest,
    // Without these Google sends a refresh token at the first consent only.
    authorizationParameters: { access_type: 'offline', include_granted_scopes: 'true', ...authorizationParameters },
    quirks: {
      scopeAliases: {
        email: 'https://www.googleapis.com/auth/userinfo.email',
        profile: 'https://www.googleapis.com/auth/userinfo.profile',
      },
      revocation: 'client',
      ...quirks,
    },
  })
}
