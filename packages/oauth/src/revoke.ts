import type { Account, AuthenticatorContext, CredentialContext } from '@accountry/accounts'
import { classify } from './classify.ts'
import { failureError } from './failure-error.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { ServerMetadata } from './server-metadata.ts'
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
  const { password, issuer, clientId } = context.credential
  const { settings } = client
  if (password === undefined || password === '') return
  // Not ours to send anywhere: it belongs to another client or server.
  if ((issuer ?? settings.issuer) !== settings.issuer || (clientId ?? settings.clientId) !== settings.clientId) return
  const scene = { label: settings.label, account, doing: 'ending the sign-in' }
  const metadata = await client.discovery.find(context, scene)
  const hint = settings.quirks.passwordIsToken === true ? 'access_token' : 'refresh_token'
  await revokeToken(client, context, metadata, password, hint, account)
}

/**
 * Ends one token. Asks a second time with the other hint when the server does not handle the first kind, and never
 * repeats what it refused.
 *
 * @throws AccountError retryable when the server could not be reached or has a problem.
 */
export async function revokeToken(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  token: string,
  hint: TokenHint,
  account?: Account,
): Promise<void> {
  if (metadata.revocation_endpoint === undefined) return
  const { settings } = client
  const otherHint = hint === 'refresh_token' ? 'access_token' : 'refresh_token'
  for (const each of [hint, otherHint] as const) {
    const result = await requestRevocation(client, context, metadata, token, each)
    // Success has an empty body, or any other (RFC 7009 §2.2).
    if (result.kind === 'answer' && result.status >= 200 && result.status < 300) return
    const outcome = classify(result, settings.quirks, context.clock.now())
    if (outcome.kind === 'success' || outcome.failure.error !== 'unsupported_token_type') {
      const scene = { label: settings.label, account, doing: 'ending the sign-in' }
      if (outcome.kind === 'failure') {
        const error = failureError(outcome.failure, scene)
        if (error.retryable) throw error
        context.log.warn('revocation_refused', { host: outcome.failure.host, error: outcome.failure.error })
      }
      return
    }
  }
  context.log.warn('revocation_refused', { error: 'unsupported_token_type' })
}
