import type { Account, Authenticator, AuthenticatorContext, NewAccount } from '@accountry/accounts'
import { createOAuthAuthenticator } from '../authenticator.ts'
import { requiredText } from '../option-checks.ts'
import type { OAuthAuthenticatorOptions } from '../options.ts'
import { checkedSettings } from '../settings.ts'

export interface FirebaseOptions extends Partial<Omit<OAuthAuthenticatorOptions, 'clientId'>> {
  /** The id of the project: who issues the ID tokens and whom they are for. */
  readonly projectId: string
  /** The web API key. It names the project and is not a secret. */
  readonly apiKey: string
  /** Default `https://identitytoolkit.googleapis.com`. */
  readonly identityUrl?: string
  /** Default `https://securetoken.googleapis.com`. */
  readonly tokenUrl?: string
}

const KEYS = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com'
/**
 * Accounts of a Firebase project (account type `com.google.firebase`), signed in with e-mail address and password.
 *
 * The password goes to Google's identity toolkit and is not kept; the refresh token is. The token handed out is the
 * ID token.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [Firebase Auth REST API](https://firebase.google.com/docs/reference/rest/auth)
 */
export function firebase(options: FirebaseOptions): Authenticator {
  const { identityUrl = 'https://identitytoolkit.googleapis.com', ...rest } = options
  const oauthOptions = firebaseOptions(rest)
  const settings = checkedSettings(oauthOptions)
  const signInUrl = new URL(`${identityUrl}/v1/accounts:signInWithPassword`)
  signInUrl.searchParams.set('key', options.apiKey)
  const {
    startAddAccountSession: _add,
    startUpdateCredentialsSession: _update,
    finishSession: _finish,
    ...base
  } = createOAuthAuthenticator(oauthOptions)
  const signIn = async (context: AuthenticatorContext, name?: string, account?: Account): Promise<NewAccount> => {
    const { signInWithPassword } = await import('../firebase-sign-in.ts')
    return await signInWithPassword(settings, context, signInUrl, name, account)
  }
  return {
    ...base,
    addAccount: async (request, context) => await signIn(context, request.name),
    updateCredentials: async ({ account }, context) => await signIn(context, account.name, account),
  }
}

function firebaseOptions(options: Omit<FirebaseOptions, 'identityUrl'>): OAuthAuthenticatorOptions {
  const { projectId, apiKey, tokenUrl = 'https://securetoken.googleapis.com', ...rest } = options
  const key = encodeURIComponent(requiredText(apiKey, 'apiKey'))
  return {
    type: 'com.google.firebase',
    label: 'Firebase',
    metadata: {
      issuer: `https://securetoken.google.com/${requiredText(projectId, 'projectId')}`,
      token_endpoint: `${tokenUrl}/v1/token?key=${key}`,
      jwks_uri: KEYS,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    signInScopes: [],
    ...rest,
    clientId: projectId,
    quirks: {
      refreshScope: 'omit',
      scopeComparison: 'ignore',
      omitClientId: true,
      errorMember: 'error.message',
      grantDeadErrors: [
        'TOKEN_EXPIRED',
        'USER_DISABLED',
        'USER_NOT_FOUND',
        'INVALID_REFRESH_TOKEN',
        'MISSING_REFRESH_TOKEN',
      ],
      ...rest.quirks,
    },
  }
}
