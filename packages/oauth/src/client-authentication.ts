import type { ClientAuth } from 'oauth4webapi'
import type { Protocol } from './protocol.ts'
import type { ServerMetadata } from './server-metadata.ts'
import type { Settings } from './settings.ts'

/** How a client proves itself (RFC 6749 §2.3, OpenID Connect Core §9). */
export const CLIENT_AUTHENTICATION_METHODS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
] as const

export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]

/**
 * The method that is used, decided once and before anything is sent: trying one style after the other would use up
 * single-use codes and tokens (security.md TK-15).
 */
export function chooseClientAuthentication(
  settings: Pick<Settings, 'clientSecret' | 'clientAuthentication'>,
  metadata: Pick<ServerMetadata, 'token_endpoint_auth_methods_supported'>,
): ClientAuthenticationMethod {
  if (settings.clientAuthentication !== undefined) return settings.clientAuthentication
  if (settings.clientSecret === undefined) return 'none'
  const listed = metadata.token_endpoint_auth_methods_supported
  const isPostOnly = listed?.includes('client_secret_post') === true && !listed.includes('client_secret_basic')
  return isPostOnly ? 'client_secret_post' : 'client_secret_basic'
}

export function clientAuthentication(protocol: Protocol, settings: Settings, metadata: ServerMetadata): ClientAuth {
  const method = chooseClientAuthentication(settings, metadata)
  const secret = settings.clientSecret
  if (method === 'none' || secret === undefined) return protocol.None()
  if (method === 'client_secret_post') return protocol.ClientSecretPost(secret)
  if (method === 'client_secret_jwt') return protocol.ClientSecretJwt(secret)
  return protocol.ClientSecretBasic(secret)
}
