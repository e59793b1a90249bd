import { AccountError, type AuthenticatorContext } from '@accountry/accounts'
import { parseEndpoint } from './endpoint-url.ts'
import { exchange } from './http-exchange.ts'
import { type BodyMembers, parseBody } from './response-body.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 256 * 1024

/**
 * Asks the server for facts about the person (OpenID Connect Core §5.3). For display only.
 *
 * @returns `undefined` when the server does not answer properly: a name can be had from elsewhere.
 * @throws AccountError `ERR_INVALID_RESPONSE` when the answer is about somebody else (§5.3.2).
 */
export async function fetchUserInfo(
  context: AuthenticatorContext,
  endpoint: string,
  token: { readonly value: string; readonly scheme: string },
  subject: string | undefined,
): Promise<BodyMembers | undefined> {
  const url = parseEndpoint(endpoint)
  if (typeof url === 'string') return undefined
  const headers = { authorization: `${token.scheme} ${token.value}` }
  const result = await exchange(context, { url, method: 'GET', headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })
  if (result.kind === 'no-answer' || result.status !== 200) return undefined
  const body = parseBody(result.text, result.headers.get('content-type'))
  if (body.kind !== 'members') return undefined
  if (subject === undefined || body.members['sub'] === subject) return body.members
  throw new AccountError('ERR_INVALID_RESPONSE', `${url.host}: UserInfo is about another person than the ID token`)
}
