import { type Account, AccountError, type NewAccount } from '@accountry/accounts'
import {
  type AuthorizationTransaction,
  type AuthorizationWishes,
  authorizationParameters,
  authorizationUrl,
} from './authorization-request.ts'
import { readAuthorizationResponse } from './authorization-response.ts'
import { keyThumbprint } from './dpop.ts'
import { newDpopKey } from './dpop-key.ts'
import { failureError } from './failure-error.ts'
import { newAccount } from './new-account.ts'
import { loadProtocol } from './protocol.ts'
import { pushRequest } from './pushed-request.ts'
import { requiredTokenEndpoint, type ServerCall, sceneOf, shownSubject } from './server-call.ts'
import { signInScopes, union } from './token-purpose.ts'
import { requestGrant } from './token-request.ts'

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
  /**
   * The address anew, when the one before can no longer be opened because the pushed request behind it has run out.
   *
   * @returns `undefined` while the one before is good.
   */
  renewUrl(): Promise<URL | undefined>
}

/**
 * Makes the transaction of one sign-in and the URL that starts it.
 *
 * @throws AccountError `ERR_MISCONFIGURED` when the server lacks an endpoint, and what a pushed request fails with.
 */
export async function prepareSignIn(
  call: ServerCall,
  request: SignInRequest,
  place: { readonly redirectUri: string; readonly state: string },
): Promise<PreparedSignIn> {
  const { client, context, metadata } = call
  const { settings } = client
  const protocol = await loadProtocol()
  const challenges = metadata.code_challenge_methods_supported
  // PKCE is used all the same: a server that ignores it loses nothing by it (RFC 9700 §2.1.1).
  if (challenges !== undefined && !challenges.includes('S256')) context.log.warn('pkce_not_announced', {})
  const scopes = union(signInScopes(settings, metadata), request.scopes)
  const { maxAgeS, acrValues } = request
  const dpopKey = await newDpopKey(call)
  const transaction: AuthorizationTransaction = {
    ...place,
    issuer: settings.issuer,
    tokenEndpoint: requiredTokenEndpoint(call),
    clientId: settings.clientId,
    codeVerifier: protocol.generateRandomCodeVerifier(),
    scopes,
    resource: request.resource,
    createdAt: context.clock.now(),
    ...(scopes.includes('openid') && { nonce: protocol.generateRandomNonce() }),
    ...(maxAgeS !== undefined && { maxAgeS }),
    ...(acrValues !== undefined && { acrValues }),
    ...(dpopKey !== undefined && { dpopKey }),
  }
  const challenge = await protocol.calculatePKCECodeChallenge(transaction.codeVerifier)
  const prompt = promptFor(call, request.wishes.prompt, scopes)
  const parameters = authorizationParameters(transaction, challenge, { ...request.wishes, prompt }, settings.quirks)
  if (dpopKey !== undefined) parameters.set('dpop_jkt', await keyThumbprint(dpopKey))
  let front = await pushRequest(call, parameters, dpopKey)
  const urlOf = (): URL => authorizationUrl(metadata, front.parameters, shownSubject(call))
  return {
    url: urlOf(),
    transaction,
    async renewUrl() {
      if (!front.hasExpired()) return undefined
      front = await pushRequest(call, parameters, dpopKey)
      return urlOf()
    },
  }
}

/** `offline_access` is granted on consent only (OpenID Connect Core §11). */
function promptFor({ client }: ServerCall, wished: string | undefined, scopes: readonly string[]): string | undefined {
  return wished ?? client.settings.prompt ?? (scopes.includes('offline_access') ? 'consent' : undefined)
}

/**
 * Finishes a sign-in with the parameters that came back: checks them, redeems the code once, and makes the account.
 *
 * @param parameters The query of the callback, whose state has already been compared.
 * @throws AccountError `ERR_DENIED`, `ERR_INVALID_RESPONSE`, and the classes of a failed token request.
 */
export async function completeSignIn(
  call: ServerCall,
  transaction: AuthorizationTransaction,
  parameters: URLSearchParams,
  nameHint?: string,
): Promise<NewAccount> {
  const { metadata } = call
  const label = shownSubject(call)
  const code = readAuthorizationResponse(parameters, {
    issuer: transaction.issuer,
    issuerTemplate: call.client.settings.issuerTemplate,
    metadata,
    label,
  })
  const outcome = await requestGrant(call, {
    type: 'authorization_code',
    dpopKey: transaction.dpopKey,
    // The one that was recorded when the sign-in began, whatever the metadata says by now.
    endpoint: transaction.tokenEndpoint,
    parameters: new URLSearchParams([
      ['code', code],
      ['redirect_uri', transaction.redirectUri],
      ['code_verifier', transaction.codeVerifier],
      ...transaction.resource.map((resource): [string, string] => ['resource', resource]),
    ]),
  })
  if (outcome.kind === 'success') {
    const { members, requestedAt } = outcome
    return await newAccount(call, { members, requestedAt, requested: transaction, nameHint })
  }
  const { failure } = outcome
  if (failure.class === 'denied') {
    throw new AccountError('ERR_DENIED', `${label}: the sign-in was denied.`, { reason: 'access_denied' })
  }
  // A dead grant here is a code that was used or has run out: nothing of the person's is affected.
  if (failure.class !== 'grant-dead') throw failureError(failure, sceneOf(call, 'finishing the sign-in'))
  const message = `${label}: the server rejected the code of this sign-in (${failure.error}). Sign in again.`
  throw new AccountError('ERR_INVALID_RESPONSE', message, { action: 'sign-in' })
}
