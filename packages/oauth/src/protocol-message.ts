import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi'
import { classify, type Outcome } from './classify.ts'
import { clientAuthentication } from './client-authentication.ts'
import { type DpopKey, signProof } from './dpop.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { type Answer, exchange, type NoAnswer } from './http-exchange.ts'
import { loadProtocol, type Protocol } from './protocol.ts'
import type { ServerCall } from './server-call.ts'

const TIMEOUT_MS = 30_000
const MAX_BYTES = 1024 * 1024
/** How often a proof is made anew because the server wants another nonce or another time (docs/requirements.md DP-03). */
const MAX_PROOF_RETRIES = 2

/** What the protocol library needs to write a message. */
export interface Writer {
  readonly protocol: Protocol
  readonly server: AuthorizationServer
  readonly client: Client
  readonly authentication: ClientAuth
  readonly options: NonNullable<Parameters<Protocol['genericTokenEndpointRequest']>[5]>
}

/** How a message is sent. */
export interface Sending {
  /** Present: it carries a proof of possession. */
  readonly dpopKey?: DpopKey | undefined
  /** What ends it before its time. Default: the end of the call. */
  readonly signal?: AbortSignal
}

/** What became of a message. */
export interface Sent {
  readonly result: Answer | NoAnswer
  readonly outcome: Outcome
  /** Wall clock when the request started, epoch milliseconds: lifetimes are counted from here. */
  readonly requestedAt: number
}

/**
 * Sends one message to the authorization server and classifies the answer.
 *
 * The message is written by oauth4webapi and sent here, exactly once: no redirect is followed, no other style of
 * authentication is tried. Only when the server refuses the proof of possession, so that nothing in the message was
 * used up, it is sent again with another one. The library's processing of answers is not used, because it drops what
 * it does not like, and the only live refresh token may be among it.
 */
export async function sendMessage(
  call: ServerCall,
  { dpopKey, signal = call.context.signal }: Sending,
  write: (writer: Writer) => Promise<Response>,
): Promise<Sent> {
  const { client, context } = call
  for (let retries = 0; ; retries += 1) {
    const skewMs = client.serverClock.skewMs
    const { result, hasNewNonce } = await sendOnce(call, { dpopKey, signal }, write)
    const outcome = classify(result, client.settings.quirks, context.clock.now())
    const requestedAt = result.kind === 'answer' ? result.requestedAt : context.clock.now()
    const failed = outcome.kind === 'failure' ? outcome.failure.class : undefined
    const isOtherProof =
      (failed === 'dpop-nonce' && hasNewNonce) ||
      (failed === 'dpop-proof' && (hasNewNonce || client.serverClock.skewMs !== skewMs))
    if (!isOtherProof || retries === MAX_PROOF_RETRIES) return { result, outcome, requestedAt }
  }
}

interface Posted {
  readonly result: Answer | NoAnswer
  /** The server named a nonce that was not in the proof. */
  readonly hasNewNonce: boolean
}

async function sendOnce(
  call: ServerCall,
  sending: Required<Pick<Sending, 'signal'>> & Sending,
  write: (writer: Writer) => Promise<Response>,
): Promise<Posted> {
  const { client, context, metadata } = call
  const protocol = await loadProtocol()
  let posted: Posted | undefined
  const options: Writer['options'] = {
    signal: sending.signal,
    // Endpoints were checked when the metadata was read: http there means a literal loopback address.
    [protocol.allowInsecureRequests]: true,
    [protocol.customFetch]: async (href, { headers, body }) => {
      posted = await post(call, { href, headers, form: body as URLSearchParams }, sending)
      return new Response(null, { status: 200 })
    },
  }
  // Assertions carry times, and the server checks them on its own clock.
  const skewS = Math.round((client.serverClock.now(context.clock) - Date.now()) / 1000)
  await write({
    protocol,
    options,
    server: metadata as AuthorizationServer,
    client: { client_id: client.settings.clientId, [protocol.clockSkew]: skewS },
    authentication: await clientAuthentication(protocol, client.settings, metadata),
  })
  if (posted === undefined) throw new TypeError('oauth4webapi sent nothing')
  return posted
}

async function post(
  call: ServerCall,
  { href, headers: written, form }: { href: string; headers: Record<string, string>; form: URLSearchParams },
  { dpopKey, signal }: Required<Pick<Sending, 'signal'>> & Sending,
): Promise<Posted> {
  const { client, context } = call
  const url = parseEndpoint(href)
  if (typeof url === 'string') throw new TypeError(`the endpoint ${url}`)
  const headers: Record<string, string> = { ...written }
  if (dpopKey !== undefined) {
    const nonce = client.nonces.of(url)
    headers['dpop'] = await signProof({ key: dpopKey, method: 'POST', url, nonce }, context.clock, client.serverClock)
  }
  if (client.settings.quirks.omitClientId === true) form.delete('client_id')
  const isJson = client.settings.quirks.tokenRequestBody === 'json'
  if (isJson) headers['content-type'] = 'application/json'
  const body = isJson ? JSON.stringify(Object.fromEntries(form)) : form
  const { fetch, clock } = context
  const result = await exchange(
    { fetch, clock, signal },
    {
      url,
      method: 'POST',
      headers,
      body,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    },
  )
  if (result.kind === 'no-answer') return { result, hasNewNonce: false }
  client.serverClock.observe(result, context.log)
  return { result, hasNewNonce: client.nonces.learn(url, result.headers) }
}
