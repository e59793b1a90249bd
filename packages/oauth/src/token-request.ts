import type { Outcome } from './classify.ts'
import type { DpopKey } from './dpop.ts'
import { type Answer, abortReason, type NoAnswer } from './http-exchange.ts'
import { sendMessage } from './protocol-message.ts'
import { requiredTokenEndpoint, type ServerCall } from './server-call.ts'

/** The part of a grant that differs from one to the next. */
export interface TokenGrant {
  /** `grant_type` (RFC 6749 §4). */
  readonly type: string
  readonly parameters: URLSearchParams
  /** Present: the request carries a proof of possession. */
  readonly dpopKey?: DpopKey | undefined
  /** Another token endpoint than the one in the metadata. */
  readonly endpoint?: string | undefined
}

/** A classified answer, and when it was asked for (epoch milliseconds). */
export type GrantOutcome = Outcome & { readonly requestedAt: number }

/**
 * Requests tokens (RFC 6749 §3.2). One request, but for a proof that the server wants anew; none for a renewal while the
 * server does not accept the client.
 */
export async function requestGrant(call: ServerCall, grant: TokenGrant): Promise<GrantOutcome> {
  const { rejection } = call.client
  const { clock } = call.context
  const isRenewal = grant.type === 'refresh_token'
  const failure = isRenewal ? rejection.current() : undefined
  if (failure !== undefined) return { kind: 'failure', failure, requestedAt: clock.now() }
  const endpoint = grant.endpoint ?? requiredTokenEndpoint(call)
  const sending = { dpopKey: grant.dpopKey, ...(isRenewal && { signal: heedless(call) }) }
  const { outcome, requestedAt } = await sendMessage(call, sending, (writer) => {
    const { protocol, server, client, authentication, options } = writer
    const at = { ...server, token_endpoint: endpoint }
    return protocol.genericTokenEndpointRequest(at, client, authentication, grant.type, grant.parameters, options)
  })
  rejection.learn(outcome, isRenewal, clock)
  return { ...outcome, requestedAt }
}

/**
 * Lets a renewal go on to its end once it is on its way: its answer may hold a credential that has to be ended when
 * nobody wants it any more, because the account was removed meanwhile (docs/requirements.md C-19).
 *
 * @throws AccountError the reason, when nobody wanted it before it began.
 */
function heedless({ context }: ServerCall): AbortSignal {
  if (context.signal.aborted) throw abortReason(context.signal)
  return new AbortController().signal
}

/** Ends a token at the server (RFC 7009 §2.1). */
export async function requestRevocation(
  call: ServerCall,
  token: string,
  hint: 'refresh_token' | 'access_token',
  signal: AbortSignal = call.context.signal,
): Promise<Answer | NoAnswer> {
  const { result } = await sendMessage(call, { signal }, ({ protocol, server, client, authentication, options }) =>
    protocol.revocationRequest(server, client, authentication, token, {
      ...options,
      additionalParameters: { token_type_hint: hint },
    }),
  )
  return result
}

/** Pushes the parameters of an authorization request (RFC 9126 §2.1). */
export async function requestPush(
  call: ServerCall,
  parameters: URLSearchParams,
  dpopKey: DpopKey | undefined,
): Promise<Outcome> {
  const sent = await sendMessage(call, { dpopKey }, ({ protocol, server, client, authentication, options }) =>
    protocol.pushedAuthorizationRequest(server, client, authentication, parameters, options),
  )
  return sent.outcome
}

/** Asks for a device code (RFC 8628 §3.1). */
export async function requestDeviceCode(call: ServerCall, parameters: URLSearchParams): Promise<Outcome> {
  const sent = await sendMessage(call, {}, ({ protocol, server, client, authentication, options }) =>
    protocol.deviceAuthorizationRequest(server, client, authentication, parameters, options),
  )
  return sent.outcome
}
