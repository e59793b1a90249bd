import { AccountError } from '@accountry/accounts'
import type { DpopKey } from './dpop.ts'
import { parseEndpoint } from './endpoint-url.ts'
import type { ProviderQuirks } from './quirks.ts'
import type { ServerMetadata } from './server-metadata.ts'

/**
 * Everything about one sign-in that is under way. It lives in memory only and is used once; the code is only ever
 * sent to the token endpoint that is recorded here (RFC 9207 §2.4).
 */
export interface AuthorizationTransaction {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly redirectUri: string
  readonly codeVerifier: string
  readonly state: string
  /** Present when an ID token was asked for. */
  readonly nonce?: string
  readonly scopes: readonly string[]
  readonly resource: readonly string[]
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Present when tokens are to be bound to a key. */
  readonly dpopKey?: DpopKey
  /** Seconds; the person must have signed in this recently. */
  readonly maxAgeS?: number
  readonly acrValues?: readonly string[]
}

/** What may be asked of a sign-in beside its scopes. */
export interface AuthorizationWishes {
  readonly prompt?: string | undefined
  readonly loginHint?: string | undefined
  readonly claims?: string | undefined
  /** Service-specific parameters, checked by `checkExtraParameters`. */
  readonly extra?: Readonly<Record<string, string>>
}

/**
 * The parameters of the authorization request (RFC 6749 §4.1.1), always with PKCE S256 (RFC 7636) and a state.
 *
 * @param codeChallenge SHA-256 of the transaction's verifier, base64url.
 */
export function authorizationParameters(
  transaction: AuthorizationTransaction,
  codeChallenge: string,
  wishes: AuthorizationWishes,
  quirks: Pick<ProviderQuirks, 'requestScopeSeparator' | 'scopeParameter'> = {},
): URLSearchParams {
  const parameters = new URLSearchParams(wishes.extra)
  parameters.set('response_type', 'code')
  parameters.set('client_id', transaction.clientId)
  parameters.set('redirect_uri', transaction.redirectUri)
  const { requestScopeSeparator = ' ', scopeParameter = 'scope' } = quirks
  if (transaction.scopes.length > 0) parameters.set(scopeParameter, transaction.scopes.join(requestScopeSeparator))
  parameters.set('state', transaction.state)
  parameters.set('code_challenge', codeChallenge)
  parameters.set('code_challenge_method', 'S256')
  if (transaction.nonce !== undefined) parameters.set('nonce', transaction.nonce)
  for (const resource of transaction.resource) parameters.append('resource', resource)
  if (wishes.prompt !== undefined) parameters.set('prompt', wishes.prompt)
  if (wishes.loginHint !== undefined) parameters.set('login_hint', wishes.loginHint)
  if (wishes.claims !== undefined) parameters.set('claims', wishes.claims)
  if (transaction.maxAgeS !== undefined) parameters.set('max_age', String(transaction.maxAgeS))
  if (transaction.acrValues !== undefined) parameters.set('acr_values', transaction.acrValues.join(' '))
  return parameters
}

/**
 * The URL to open: the server's endpoint with our parameters added to those that it brings along.
 *
 * @throws AccountError `ERR_MISCONFIGURED` when the server has no authorization endpoint.
 */
export function authorizationUrl(metadata: ServerMetadata, parameters: URLSearchParams, label: string): URL {
  const url = parseEndpoint(metadata.authorization_endpoint)
  if (typeof url === 'string') {
    throw new AccountError('ERR_MISCONFIGURED', `${label}: the server's authorization_endpoint ${url}`)
  }
  for (const name of new Set(parameters.keys())) url.searchParams.delete(name)
  for (const [name, value] of parameters) url.searchParams.append(name, value)
  return url
}
