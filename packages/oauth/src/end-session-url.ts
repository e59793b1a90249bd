import { AccountError, type AuthenticatorContext, systemClock } from '@accountry/accounts'
import type { EndSessionRequest } from './end-session.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { createOAuthClient } from './oauth-client.ts'
import { beginCall } from './server-call.ts'
import type { Settings } from './settings.ts'

/**
 * Where the server ends sessions, without any parameter of ours.
 *
 * @throws AccountError `ERR_UNSUPPORTED` when it has no such page, and what looking it up fails with.
 */
export async function endSessionUrl(
  settings: Settings,
  request: Pick<EndSessionRequest, 'fetch' | 'signal'>,
): Promise<URL> {
  const context: AuthenticatorContext = {
    principal: '',
    clock: systemClock,
    fetch: request.fetch ?? fetch,
    signal: request.signal ?? new AbortController().signal,
    log: silentLog,
  }
  const { metadata } = await beginCall(createOAuthClient(settings), context, undefined, 'signing out')
  const url = parseEndpoint(metadata.end_session_endpoint)
  if (typeof url !== 'string') return url
  throw new AccountError('ERR_UNSUPPORTED', `${settings.label}: the service has no page that ends a session`)
}

const silentLog: AuthenticatorContext['log'] = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
