import type { ClientAuth } from 'oauth4webapi'
import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import { importSigningKey } from './key-import.ts'
import type { Protocol } from './protocol.ts'
import type { ServerMetadata } from './server-metadata.ts'
import type { Settings } from './settings.ts'

/**
 * The method that is used, decided once and before anything is sent: trying one style after the other would use up
 * single-use codes and tokens (docs/requirements.md TK-15).
 */
export function chooseClientAuthentication(
  settings: Pick<Settings, 'clientSecret' | 'clientKey' | 'clientAuthentication'>,
  metadata: Pick<ServerMetadata, 'token_endpoint_auth_methods_supported'>,
): ClientAuthenticationMethod {
  if (settings.clientAuthentication !== undefined) return settings.clientAuthentication
  if (settings.clientKey !== undefined) return 'private_key_jwt'
  if (settings.clientSecret === undefined) return 'none'
  const listed = metadata.token_endpoint_auth_methods_supported
  const isPostOnly = listed?.includes('client_secret_post') === true && !listed.includes('client_secret_basic')
  return isPostOnly ? 'client_secret_post' : 'client_secret_basic'
}

/** @throws AccountError `ERR_MISCONFIGURED` when the client's key cannot be used. */
export async function clientAuthentication(
  protocol: Protocol,
  settings: Settings,
  metadata: ServerMetadata,
): Promise<ClientAuth> {
  const method = chooseClientAuthentication(settings, metadata)
  const { clientKey, clientSecret = '' } = settings
  if (method === 'private_key_jwt' && clientKey !== undefined) {
    const key = await importSigningKey(clientKey, settings.label)
    // The audience is the issuer as a single string, so that another server cannot use the statement.
    return protocol.PrivateKeyJwt(clientKey.keyId === undefined ? key : { key, kid: clientKey.keyId })
  }
  if (method === 'client_secret_post') return protocol.ClientSecretPost(clientSecret)
  if (method === 'client_secret_jwt') return protocol.ClientSecretJwt(clientSecret)
  if (method === 'client_secret_basic') return protocol.ClientSecretBasic(clientSecret)
  return protocol.None()
}
