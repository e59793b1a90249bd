import type { Account, CredentialContext } from '@accountry/accounts'
import { classify } from './classify.ts'
import { isOurs } from './credential-binding.ts'
import { fieldsOf } from './credential-fields.ts'
import { failureError } from './failure-error.ts'
import type { OAuthClient } from './oauth-client.ts'
import { recallMetadata } from './remembered-metadata.ts'
import { isKnownRevocationEndpoint } from './revocation-endpoint.ts'
import { beginCall, type ServerCall, sceneOf } from './server-call.ts'
import { requestRevocation } from './token-request.ts'

type TokenHint = 'refresh_token' | 'access_token'

/**
 * Ends an account's credential at the server (RFC 7009). Ending the refresh token ends its access tokens too.
 *
 * A server without revocation, an unknown token and a refusal are all success: there is nothing more to be done.
 *
 * @throws AccountError retryable, with `retryAt` where the server says, when the token still lives.
 */
export async function revokeAccount(client: OAuthClient, account: Account, context: CredentialContext): Promise<void> {
  const { password } = context.credential
  const { settings } = client
  // What belongs to another client or server is not ours to send anywhere.
  if (password === undefined || password === '' || !isOurs(settings, context.credential)) return
  const call = await beginCall(
    client,
    context,
    account,
    'ending the sign-in',
    recallMetadata(fieldsOf(context.credential).metadata),
  )
  const isAccessToken =
    settings.quirks.passwordIsToken === true || fieldsOf(context.credential).passwordKind === 'access_token'
  await revokeToken(call, password, isAccessToken ? 'access_token' : 'refresh_token')
}

/**
 * Ends a credential that was renewed while the person changed the account. Where a revocation ends everything the
 * person allowed, it would end the new sign-in too, so nothing is sent.
 */
export async function discardCredential(
  client: OAuthClient,
  account: Account,
  context: CredentialContext,
): Promise<void> {
  if (client.settings.quirks.revocation !== 'client') await revokeAccount(client, account, context)
}

/**
 * Ends one token. Asks a second time with the other hint when the server does not handle the first kind, and never
 * repeats what it refused. Nothing is sent to a host that the account does not know.
 *
 * @param signal What ends it before its time. Default: the end of the call.
 * @throws AccountError retryable when the server could not be reached or has a problem.
 */
export async function revokeToken(
  call: ServerCall<CredentialContext>,
  token: string,
  hint: TokenHint,
  signal: AbortSignal = call.context.signal,
): Promise<void> {
  if (call.metadata.revocation_endpoint === undefined) return
  if (!isKnownRevocationEndpoint(call.client.settings, call.metadata, call.context.credential)) {
    call.context.log.warn('revocation_refused', { error: 'endpoint_changed' })
    return
  }
  const otherHint = hint === 'refresh_token' ? 'access_token' : 'refresh_token'
  if (await isHandled(call, token, hint, signal)) return
  if (await isHandled(call, token, otherHint, signal)) return
  call.context.log.warn('revocation_refused', { error: 'unsupported_token_type' })
}

/** @returns `false` when the server revokes no tokens of this kind. */
async function isHandled(call: ServerCall, token: string, hint: TokenHint, signal: AbortSignal): Promise<boolean> {
  const { client, context } = call
  const result = await requestRevocation(call, token, hint, signal)
  // Success has an empty body, or any other (RFC 7009 §2.2).
  if (result.kind === 'answer' && result.status >= 200 && result.status < 300) return true
  const outcome = classify(result, client.settings.quirks, context.clock.now())
  if (outcome.kind === 'success') return true
  const { failure } = outcome
  if (failure.error === 'unsupported_token_type') return false
  const error = failureError(failure, sceneOf(call, 'ending the sign-in'))
  if (error.retryable) throw error
  context.log.warn('revocation_refused', { host: failure.host, error: failure.error })
  return true
}
