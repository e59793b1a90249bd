import type Provider from 'oidc-provider'
import type { Client, KoaContextWithOIDC } from 'oidc-provider'
import { type ProviderParts, resourceServerFor } from './provider-parts.ts'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const SUBJECT_TOKEN_TYPES = [ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt']

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'audience',
  'resource',
  'scope',
  'requested_token_type',
  'actor_token',
  'actor_token_type',
]

/**
 * Token exchange is not built into the provider: an access token of this server is exchanged for one with another
 * audience or fewer scopes.
 *
 * @see [RFC 8693](https://www.rfc-editor.org/rfc/rfc8693.html)
 */
export function registerTokenExchange(provider: Provider, parts: ProviderParts): void {
  const handle = async (context: KoaContextWithOIDC): Promise<void> => {
    const { params = {}, client } = context.oidc
    const answer = client === undefined ? 'invalid_client' : await exchange(provider, parts, client, params)
    context.status = typeof answer === 'string' ? 400 : 200
    context.body = typeof answer === 'string' ? { error: answer } : answer
  }
  provider.registerGrantType(TOKEN_EXCHANGE, handle, PARAMETERS)
}

async function exchange(
  provider: Provider,
  parts: ProviderParts,
  client: Client,
  params: Readonly<Record<string, unknown>>,
): Promise<object | string> {
  const { issuer, time, key, settings } = parts
  if (!SUBJECT_TOKEN_TYPES.includes(String(params['subject_token_type']))) return 'invalid_request'
  const subject = await key.verify(String(params['subject_token']), { issuer, nowMs: time.clock.now() })
  if (subject?.sub === undefined) return 'invalid_request'
  const scope = String(params['scope'] ?? subject['scope'] ?? '')
  const held = new Set(String(subject['scope'] ?? '').split(' '))
  if (scope.split(' ').some((one) => one !== '' && !held.has(one))) return 'invalid_scope'
  const target = String(params['resource'] ?? params['audience'] ?? parts.audience)
  const resourceServer = resourceServerFor(parts, target)
  if (resourceServer === undefined) return 'invalid_target'
  const token = new provider.AccessToken({
    accountId: subject.sub,
    client,
    scope,
    grantId: 'token-exchange',
    gty: 'token-exchange',
  } as never)
  token.resourceServer = new provider.ResourceServer(target, resourceServer)
  return {
    access_token: await token.save(),
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: settings.accessTokenLifetimeS,
    scope,
  }
}
