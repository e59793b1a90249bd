import {
  type Account,
  AccountError,
  type Authenticator,
  type AuthenticatorContext,
  type NewAccount,
} from '@accountry/accounts'
import { createOAuthAuthenticator } from '../authenticator.ts'
import { errorCode } from '../hostile-text.ts'
import { exchange } from '../http-exchange.ts'
import { textAt } from '../member-path.ts'
import { newAccount } from '../new-account.ts'
import { createOAuthClient, type OAuthClient } from '../oauth-client.ts'
import { requiredText } from '../option-checks.ts'
import type { OAuthAuthenticatorOptions } from '../options.ts'
import { parseBody } from '../response-body.ts'
import { retryAt } from '../retry-after.ts'
import { beginCall } from '../server-call.ts'
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

const TIMEOUT_MS = 30_000
const MAX_BYTES = 1024 * 1024
const KEYS = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com'
const BAD_CREDENTIALS: ReadonlySet<string> = new Set([
  'INVALID_LOGIN_CREDENTIALS',
  'INVALID_PASSWORD',
  'EMAIL_NOT_FOUND',
  'INVALID_EMAIL',
  'MISSING_PASSWORD',
])

const FIELDS = [
  { name: 'email', label: 'E-mail address' },
  { name: 'password', label: 'Password', secret: true },
]

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
  const client = createOAuthClient(checkedSettings(oauthOptions))
  const signInUrl = new URL(`${identityUrl}/v1/accounts:signInWithPassword`)
  signInUrl.searchParams.set('key', options.apiKey)
  const {
    startAddAccountSession: _add,
    startUpdateCredentialsSession: _update,
    finishSession: _finish,
    ...base
  } = createOAuthAuthenticator(oauthOptions)
  return {
    ...base,
    addAccount: async (request, context) => await signIn(client, context, signInUrl, request.name, undefined),
    updateCredentials: async ({ account }, context) => await signIn(client, context, signInUrl, account.name, account),
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

async function signIn(
  client: OAuthClient,
  context: AuthenticatorContext,
  url: URL,
  name: string | undefined,
  account: Account | undefined,
): Promise<NewAccount> {
  const { label } = client.settings
  if (context.interaction?.promptCredentials === undefined) {
    const message = `${label}: signing in needs an e-mail address and a password, and nobody can be asked`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { account })
  }
  const [email, password] = FIELDS
  const fields = [{ ...email, ...(name !== undefined && { value: name }) }, password] as typeof FIELDS
  const { email: typedEmail, password: typedPassword } = await context.interaction.promptCredentials({
    fields,
    signal: context.signal,
  })
  const body = { email: typedEmail?.consume(), password: typedPassword?.consume(), returnSecureToken: true }
  const headers = { 'content-type': 'application/json' }
  const request = { url, method: 'POST', headers, body: JSON.stringify(body) } as const
  const result = await exchange(context, { ...request, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })
  if (result.kind === 'no-answer') {
    throw new AccountError('ERR_NETWORK', `${label}: ${url.host} could not be reached`, { reason: 'offline', account })
  }
  const answer = parseBody(result.text, result.headers.get('content-type'))
  const members = answer.kind === 'members' ? answer.members : {}
  if (result.status !== 200) {
    const at = retryAt(result.headers, context.clock.now())
    throw refusal(label, errorCode(textAt(members, 'error.message')?.split(' ')[0]), result.status, account, at)
  }
  const { idToken, refreshToken, expiresIn } = members as Record<string, unknown>
  const call = await beginCall(client, context, account, 'signing in')
  return await newAccount(call, {
    members: { access_token: idToken, id_token: idToken, refresh_token: refreshToken, expires_in: expiresIn },
    requestedAt: result.requestedAt,
    requested: { scopes: [], resource: [] },
    nameHint: name,
  })
}

function refusal(
  label: string,
  code: string | undefined,
  status: number,
  account: Account | undefined,
  at: number | undefined,
): AccountError {
  if (code !== undefined && BAD_CREDENTIALS.has(code)) {
    return new AccountError('ERR_BAD_CREDENTIALS', `${label}: the e-mail address or the password is wrong`, { account })
  }
  if (code === 'USER_DISABLED') {
    return new AccountError('ERR_DENIED', `${label}: this account was disabled`, { reason: 'access_denied', account })
  }
  if (code === 'TOO_MANY_ATTEMPTS_TRY_LATER' || status === 429) {
    const options = { reason: 'throttled' as const, retryAt: at, account }
    return new AccountError('ERR_THROTTLED', `${label}: too many attempts; wait before trying again`, options)
  }
  const shown = code ?? `status ${status}`
  if (status >= 500) return new AccountError('ERR_SERVER', `${label}: signing in failed (${shown})`, { account })
  return new AccountError('ERR_MISCONFIGURED', `${label}: signing in was refused (${shown})`, { account })
}
