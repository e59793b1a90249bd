import { type Account, AccountError, type AuthenticatorContext } from '@accountry/accounts'
import type { FailureScene } from './failure-error.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { RememberedMetadata } from './remembered-metadata.ts'
import type { ServerMetadata } from './server-metadata.ts'

/** One call of the manager, together with what the server says about itself. */
export interface ServerCall<Context extends AuthenticatorContext = AuthenticatorContext> {
  readonly client: OAuthClient
  readonly context: Context
  readonly metadata: ServerMetadata
  /** When the server said so, wall clock, epoch milliseconds. */
  readonly metadataAt: number
  /** Absent while an account is being added. */
  readonly account?: Account | undefined
}

/**
 * Begins a call by finding the server.
 *
 * @param remembered What the account knows of the server.
 * @param doing For messages, e.g. `renewing the token`.
 * @throws AccountError when the server cannot be found.
 */
export async function beginCall<Context extends AuthenticatorContext>(
  client: OAuthClient,
  context: Context,
  account: Account | undefined,
  doing: string,
  remembered?: RememberedMetadata,
): Promise<ServerCall<Context>> {
  const scene = { label: client.settings.label, account, doing }
  const { metadata, at } = await client.discovery.find(context, scene, remembered)
  return { client, context, metadata, metadataAt: at, account }
}

/** Where a failure of this call happens, for its message. */
export function sceneOf(call: ServerCall, doing: string): FailureScene {
  return { label: call.client.settings.label, account: call.account, doing }
}

/** Whom a message is about: the account, or the service while there is none. */
export function shownSubject(call: Pick<ServerCall, 'client' | 'account'>): string {
  const { account, client } = call
  return account === undefined ? client.settings.label : `${account.name} (${account.type})`
}

/** @throws AccountError `ERR_MISCONFIGURED` when the server names none. */
export function requiredTokenEndpoint(call: ServerCall): string {
  const { account, metadata } = call
  if (metadata.token_endpoint !== undefined) return metadata.token_endpoint
  const message = `${shownSubject(call)}: the server's metadata names no token_endpoint`
  throw new AccountError('ERR_MISCONFIGURED', message, { account })
}
