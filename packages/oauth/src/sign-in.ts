import { type Account, AccountError, type AuthenticatorContext, type NewAccount } from '@accountry/accounts'
import {
  type AuthorizationTransaction,
  type AuthorizationWishes,
  authorizationParameters,
  authorizationUrl,
} from './authorization-request.ts'
import { readAuthorizationResponse } from './authorization-response.ts'
import { classify } from './classify.ts'
import { failureError } from './failure-error.ts'
import { newAccount } from './new-account.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadProtocol } from './protocol.ts'
import type { ServerMetadata } from './server-metadata.ts'
import { signInScopes, union } from './token-purpose.ts'
import { requestTokens } from './token-request.ts'

/** What a sign-in is to achieve. */
export interface SignInRequest {
  readonly scopes: readonly string[]
  readonly resource: readonly string[]
  readonly wishes: AuthorizationWishes
  readonly maxAgeS?: number | undefined
  readonly acrValues?: readonly string[] | undefined
  /** The account that signs in again. */
  readonly account?: Account | undefined
  readonly nameHint?: string | undefined
}

/** A sign-in that has been prepared: open the URL, and keep the transaction for the answer. */
export interface PreparedSignIn {
  readonly url: URL
  readonly transaction: AuthorizationTransaction
}

/**
 * Makes the transaction of one sign-in and the URL that starts it.
 *
 * @throws AccountError `ERR_MISCONFIGURED` when the server lacks an endpoint.
 */
export async function prepareSignIn(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  request: SignInRequest,
  place: { readonly redirectUri: string; readonly state: string },
): Promise<PreparedSignIn> {
  const { settings } = client
  const protocol = await loadProtocol()
  const scopes = union(signInScopes(settings, metadata), request.scopes)
  const challenges = metadata.code_challenge_methods_supported
  // PKCE is used all the same: a server that ignores it loses nothing by it (RFC 9700 §2.1.1).
  if (challenges !== undefined && !challenges.includes('S256')) context.log.warn('pkce_not_announced', {})
  const transaction: AuthorizationTransaction = {
    ...place,
    issuer: settings.issuer,
    tokenEndpoint: requiredTokenEndpoint(metadata, settings.label),
    clientId: settings.clientId,
    codeVerifier: protocol.generateRandomCodeVerifier(),
    scopes,
    resource: request.resource,
    createdAt: context.clock.now(),
    ...(scopes.includes('openid') && { nonce: protocol.generateRandomNonce() }),
    ...(request.maxAgeS !== undefined && { maxAgeS: request.maxAgeS }),
    ...(request.acrValues !== undefined && { acrValues: request.acrValues }),
  }
  const challenge = await protocol.calculatePKCECodeChallenge(transaction.codeVerifier)
  const wishes = { ...request.wishes, prompt: promptFor(client, request.wishes.prompt, scopes) }
  const separator = settings.quirks.requestScopeSeparator
  const parameters = authorizationParameters(transaction, challenge, wishes, separator)
  return { url: authorizationUrl(metadata, parameters, settings.label), transaction }
}

/** `offline_access` is granted on consent only (OpenID Connect Core §11). */
function promptFor(client: OAuthClient, wished: string | undefined, scopes: readonly string[]): string | undefined {
  return wished ?? client.settings.prompt ?? (scopes.includes('offline_access') ? 'consent' : undefined)
}

/**
 * Finishes a sign-in with the parameters that came back: checks them, redeems the code once, and makes the account.
 *
 * @param parameters The query of the callback, whose state has already been compared.
 * @throws AccountError `ERR_DENIED`, `ERR_INVALID_RESPONSE`, and the classes of a failed token request.
 */
export async function completeSignIn(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  transaction: AuthorizationTransaction,
  parameters: URLSearchParams,
  nameHint?: string,
): Promise<NewAccount> {
  const { label, quirks } = client.settings
  const code = readAuthorizationResponse(parameters, { issuer: transaction.issuer, metadata, label })
  const result = await requestTokens(client, context, metadata, {
    type: 'authorization_code',
    parameters: new URLSearchParams([
      ['code', code],
      ['redirect_uri', transaction.redirectUri],
      ['code_verifier', transaction.codeVerifier],
      ...transaction.resource.map((resource): [string, string] => ['resource', resource]),
    ]),
  })
  const outcome = classify(result, quirks, context.clock.now())
  if (outcome.kind === 'failure') {
    const scene = { label, doing: 'finishing the sign-in' }
    // A dead grant here is a code that was used or has run out: nothing of the person's is affected.
    if (outcome.failure.class !== 'grant-dead') throw failureError(outcome.failure, scene)
    const message = `${label}: the server rejected the code of this sign-in (${outcome.failure.error}). Sign in again.`
    throw new AccountError('ERR_INVALID_RESPONSE', message, { action: 'sign-in' })
  }
  const requestedAt = result.kind === 'answer' ? result.requestedAt : context.clock.now()
  return newAccount(client, context, metadata, {
    members: outcome.members,
    requestedAt,
    requested: transaction,
    nameHint,
  })
}

function requiredTokenEndpoint(metadata: ServerMetadata, label: string): string {
  if (metadata.token_endpoint !== undefined) return metadata.token_endpoint
  throw new AccountError('ERR_MISCONFIGURED', `${label}: the server's metadata names no token_endpoint`)
}
