import { AccountError, type CredentialContext, type IssuedToken } from '@accountry/accounts'

/** Exchanges the credential for a token at a `TokenServer`, and saves the one that it is rotated to. */
export async function redeem(url: string, authTokenType: string, context: CredentialContext): Promise<IssuedToken> {
  const body = JSON.stringify({ password: context.credential.password, authTokenType })
  const response = await context.fetch(url, { method: 'POST', body, signal: context.signal })
  const answer = (await response.json()) as { password: string; value: string; lifetimeMs: number; error?: string }
  if (answer.error !== undefined) {
    throw new AccountError('ERR_INTERACTION_REQUIRED', 'the service refused the grant', { reason: 'revoked_or_reused' })
  }
  await context.replaceCredential({ password: answer.password })
  return { value: answer.value, expiresAt: Date.now() + answer.lifetimeMs }
}
