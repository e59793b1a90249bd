import type { CredentialContext } from '@accountry/accounts'
import { fieldsOf } from './credential-fields.ts'
import { createDpopKey, type DpopKey } from './dpop.ts'
import type { ServerCall } from './server-call.ts'

/**
 * A key for a new account, where tokens are to be bound. Every sign-in gets one of its own, and the account takes it
 * over together with the refresh token.
 */
export async function newDpopKey({ client, metadata }: ServerCall): Promise<DpopKey | undefined> {
  const { dpop } = client.settings
  const isOffered = metadata.dpop_signing_alg_values_supported?.includes('ES256') === true
  return dpop === 'require' || (dpop === 'prefer' && isOffered) ? await createDpopKey() : undefined
}

/**
 * The account's key for proofs. A new one is made durable before it is used: what the server binds to it would be
 * lost with it.
 */
export async function ownDpopKey(call: ServerCall<CredentialContext>): Promise<DpopKey | undefined> {
  const { context } = call
  const stored = fieldsOf(context.credential).dpopKey
  if (stored !== undefined) return stored
  const created = await newDpopKey(call)
  if (created !== undefined) await context.replaceCredential({ fields: { dpopKey: created } })
  return created
}
