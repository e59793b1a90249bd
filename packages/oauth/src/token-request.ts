import type { AuthenticatorContext } from '@accountry/accounts'
import type { AuthorizationServer, Client } from 'oauth4webapi'
import { clientAuthentication } from './client-authentication.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { type Answer, exchange, type NoAnswer } from './http-exchange.ts'
import type { OAuthClient } from './oauth-client.ts'
import { loadProtocol, type Protocol } from './protocol.ts'
import type { ServerMetadata } from './server-metadata.ts'

const TIMEOUT_MS = 30_000
const MAX_BYTES = 1024 * 1024

/** The part of a grant that differs from one to the next. */
export interface TokenGrant {
  /** `grant_type` (RFC 6749 §4). */
  readonly type: string
  readonly parameters: URLSearchParams
}

/**
 * Sends one token request (RFC 6749 §3.2) and reads its answer, whatever that is.
 *
 * Exactly one: no redirect is followed, no other style of authentication is tried, nothing is repeated. The request
 * is written by oauth4webapi; its processing of answers is not used, because it drops what it does not like, and the
 * only live refresh token may be among it.
 */
export async function requestTokens(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  grant: TokenGrant,
): Promise<Answer | NoAnswer> {
  const protocol = await loadProtocol()
  const { settings } = client
  return send(client, context, protocol, (options) =>
    protocol.genericTokenEndpointRequest(
      metadata as AuthorizationServer,
      protocolClient(client, context, protocol),
      clientAuthentication(protocol, settings, metadata),
      grant.type,
      grant.parameters,
      options,
    ),
  )
}

/** Ends a token at the server (RFC 7009 §2.1). */
export async function requestRevocation(
  client: OAuthClient,
  context: AuthenticatorContext,
  metadata: ServerMetadata,
  token: string,
  hint: 'refresh_token' | 'access_token',
): Promise<Answer | NoAnswer> {
  const protocol = await loadProtocol()
  return send(client, context, protocol, (options) =>
    protocol.revocationRequest(
      metadata as AuthorizationServer,
      protocolClient(client, context, protocol),
      clientAuthentication(protocol, client.settings, metadata),
      token,
      { ...options, additionalParameters: { token_type_hint: hint } },
    ),
  )
}

/** Assertions carry times, and the server checks them on its own clock. */
function protocolClient(client: OAuthClient, context: AuthenticatorContext, protocol: Protocol): Client {
  const skewMs = client.serverClock.now(context.clock) - Date.now()
  return { client_id: client.settings.clientId, [protocol.clockSkew]: Math.round(skewMs / 1000) }
}

type RequestOptions = Parameters<Protocol['genericTokenEndpointRequest']>[5]

/**
 * Lets the protocol library write a request while this package sends it and reads the answer within its limits.
 */
async function send(
  client: OAuthClient,
  context: AuthenticatorContext,
  protocol: Protocol,
  write: (options: RequestOptions) => Promise<Response>,
): Promise<Answer | NoAnswer> {
  let result: Answer | NoAnswer | undefined
  try {
    await write({
      signal: context.signal,
      // Endpoints were checked when the metadata was read: http there means a literal loopback address.
      [protocol.allowInsecureRequests]: true,
      [protocol.customFetch]: async (href, init) => {
        const url = parseEndpoint(href)
        if (typeof url === 'string') throw new TypeError(`endpoint ${url}`)
        const { headers } = init
        result = await exchange(context, {
          url,
          method: 'POST',
          headers,
          body: init.body as URLSearchParams,
          timeoutMs: TIMEOUT_MS,
          maxBytes: MAX_BYTES,
        })
        if (result.kind === 'no-answer') throw new TypeError('no answer')
        return new Response(null, { status: result.status, headers: result.headers })
      },
    })
  } catch (error) {
    if (result === undefined) throw error
  }
  if (result === undefined) throw new TypeError('oauth4webapi sent nothing')
  if (result.kind === 'answer') client.serverClock.observe(result, context.log)
  return result
}
