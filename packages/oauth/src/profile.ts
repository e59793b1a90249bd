import { AccountError } from '@accountry/accounts'
import { project } from '@accountry/accounts/contract'
import type { AccountClaims } from './account-name.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { type Answer, exchange, type NoAnswer } from './http-exchange.ts'
import { textAt } from './member-path.ts'
import { type PresentedToken, presentToken } from './resource-authorization.ts'
import { type BodyMembers, parseBody } from './response-body.ts'
import { type ServerCall, shownSubject } from './server-call.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 256 * 1024

/** Where a service says who a token belongs to, and how it names things. Paths are such as `viewer.id`. */
export interface ProfileSource {
  /** Asked with the access token. Absent: the token response itself says who it is. */
  readonly endpoint?: string
  /** Default `'GET'`. */
  readonly method?: 'GET' | 'POST'
  /** Sent as JSON, e.g. a GraphQL query. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** Path of what identifies the person and never changes; several are joined. */
  readonly subject: string | readonly string[]
  /** Paths of names, the first that is there is taken. */
  readonly name?: readonly string[]
  /** Claims that are kept with the account, by the paths where they are found. */
  readonly claims?: Readonly<Record<string, string>>
}

/** Who signed in, as far as the service said. */
export interface Profile {
  readonly subject: string | undefined
  /** With `email`, `preferred_username` and whatever the source names. */
  readonly claims: AccountClaims
}

/**
 * Asks the UserInfo endpoint for facts about the person (OpenID Connect Core §5.3). For display only.
 *
 * @returns `undefined` when the server does not answer properly: a name can be had from elsewhere.
 * @throws AccountError `ERR_INVALID_RESPONSE` when the answer is about somebody else (§5.3.2).
 */
export async function fetchUserInfo(
  call: ServerCall,
  token: PresentedToken,
  subject: string | undefined,
): Promise<BodyMembers | undefined> {
  const endpoint = call.metadata.userinfo_endpoint
  if (endpoint === undefined) return undefined
  const members = await ask(call, { endpoint, subject: 'sub' }, token)
  if (members === undefined || subject === undefined || members['sub'] === subject) return members
  const message = `${shownSubject(call)}: UserInfo is about another person than the ID token`
  throw new AccountError('ERR_INVALID_RESPONSE', message, { account: call.account })
}

/**
 * Asks a service without OpenID Connect who signed in.
 *
 * @throws AccountError `ERR_SERVER` when it does not say: without an identity two people could share one account.
 */
export async function fetchProfile(
  call: ServerCall,
  source: ProfileSource,
  tokenResponse: BodyMembers,
  token: PresentedToken,
): Promise<Profile> {
  const members = source.endpoint === undefined ? tokenResponse : await ask(call, source, token)
  const subject = members === undefined ? undefined : subjectIn(members, source.subject)
  if (members === undefined || subject === undefined) {
    const message = `${shownSubject(call)}: the service did not say who signed in. Nothing was stored; try again.`
    throw new AccountError('ERR_SERVER', message, { reason: 'server', account: call.account })
  }
  const claims: Record<string, unknown> = {}
  for (const [claim, path] of Object.entries(source.claims ?? {})) claims[claim] = textAt(members, path)
  const name = source.name?.map((path) => textAt(members, path)).find((text) => text !== undefined)
  if (name !== undefined) claims['preferred_username'] = name
  return { subject, claims: { sub: subject, ...claims } }
}

function subjectIn(members: BodyMembers, paths: string | readonly string[]): string | undefined {
  const parts = [paths].flat().map((path) => textAt(members, path))
  return parts.every((part) => part !== undefined) ? parts.join(':') : undefined
}

async function ask(call: ServerCall, source: ProfileSource, token: PresentedToken): Promise<BodyMembers | undefined> {
  const url = parseEndpoint(source.endpoint)
  if (typeof url === 'string') return undefined
  const first = await askOnce(call, source, token, url)
  if (first.kind === 'no-answer') return undefined
  // A server that wants a nonce in the proof says so in its first answer (RFC 9449 §9).
  const isNonceNew = call.client.nonces.learn(url, first.headers)
  const wantsNonce = first.status === 401 && isNonceNew && token.scheme === 'DPoP'
  const result = wantsNonce ? await askOnce(call, source, token, url) : first
  if (result.kind === 'no-answer' || result.status !== 200) return undefined
  const parsed = parseBody(result.text, result.headers.get('content-type'))
  return parsed.kind === 'members' ? parsed.members : undefined
}

async function askOnce(
  { client, context }: ServerCall,
  source: ProfileSource,
  token: PresentedToken,
  url: URL,
): Promise<Answer | NoAnswer> {
  const { body } = source
  const method = source.method ?? 'GET'
  return await exchange(context, {
    url,
    method,
    headers: {
      ...(await presentToken(client, context.clock, token, { method, url })),
      // Some services answer nobody without a name.
      'user-agent': project.folder,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...source.headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
  })
}
