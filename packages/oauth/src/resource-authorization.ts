import type { AuthorizeRequestRequest, Clock, CredentialContext } from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import { fieldsOf } from './credential-fields.ts'
import { type DpopKey, signProof } from './dpop.ts'
import type { OAuthClient } from './oauth-client.ts'

/** A token on its way to a resource server. */
export interface PresentedToken {
  readonly value: string
  readonly scheme: string
  /** The key to which the token is bound, for the scheme `DPoP`. */
  readonly dpopKey?: DpopKey | undefined
}

/**
 * The headers with which one request presents a token (RFC 6750 §2.1, RFC 9449 §7.1). A proof is good for one
 * request to one URL.
 */
export async function presentToken(
  client: OAuthClient,
  clock: Clock,
  token: PresentedToken,
  request: { readonly method: string; readonly url: URL; readonly nonce?: string | undefined },
): Promise<Record<string, string>> {
  const headers = { Authorization: `${token.scheme} ${token.value}` }
  if (token.scheme !== 'DPoP' || token.dpopKey === undefined) return headers
  const { method, url } = request
  const nonce = request.nonce ?? client.nonces.of(url)
  const proof = await signProof(
    { key: token.dpopKey, method, url, accessToken: token.value, nonce },
    clock,
    client.serverClock,
  )
  return { ...headers, DPoP: proof }
}

/**
 * Authorises a request of the app with a token of an account.
 *
 * @throws AccountError `ERR_INTERACTION_REQUIRED` (`no_credential`) when the key of a bound token is gone.
 */
export async function authorizeRequest(
  client: OAuthClient,
  { token, method, url, nonce }: AuthorizeRequestRequest,
  context: CredentialContext,
): Promise<Record<string, string>> {
  const { dpopKey } = fieldsOf(context.credential)
  if (token.scheme === 'DPoP' && dpopKey === undefined) {
    const { name, type } = token.account
    const message = `${name} (${type}): the key to which this token is bound is gone. Sign in again.`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_credential', account: token.account })
  }
  return await presentToken(
    client,
    context.clock,
    { value: token.value, scheme: token.scheme, dpopKey },
    { method, url, nonce },
  )
}
