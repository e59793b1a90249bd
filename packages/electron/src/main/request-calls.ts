import { type Account, AccountError, isAccountError } from '@accountry/accounts'
import type { BridgeRequest, BridgeResponse } from '../bridge/calls.ts'
import { type CallHandlers, notOffered } from './call-handlers.ts'
import type { HostSettings, RequestPolicy } from './host-options.ts'
import { accountOf } from './token-calls.ts'

const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** What the token, the connection or the main process's cookies are made of: not a page's to set. */
const FORBIDDEN =
  /^(?:authorization|dpop|cookie2?|host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|via|(?:proxy|sec)-.*)$/i

/** Headers of answers that are about the credential, and those of a body that has been decoded. */
const KEPT_BACK: ReadonlySet<string> = new Set([
  'authentication-info',
  'content-encoding',
  'content-length',
  'dpop-nonce',
  'proxy-authenticate',
  'proxy-authentication-info',
  'set-cookie',
  'set-cookie2',
  'transfer-encoding',
  'www-authenticate',
])

/**
 * Sends requests for pages. The token is added by the host's fetch, which also decides where it may go.
 *
 * A service that sends the token back, as debugging pages do, is not answered through: the page would have it then.
 */
export function requestCalls(settings: HostSettings): Pick<CallHandlers, 'request'> {
  const { requests, limits } = settings
  return {
    async request(request, { signal }) {
      if (requests === undefined) throw notOffered('requests for pages')
      if (!requests.authTokenTypes.includes(request.authTokenType)) {
        throw new AccountError('ERR_DENIED', 'pages may not have requests sent with this type of token')
      }
      const { url, init } = checkedRequest(request, limits.requestBytes)
      const account = await accountOf(settings, request.account)
      const response = await send(requests, account, request.authTokenType, url, { ...init, signal })
      const answer = await answerOf(response, url, limits.responseBytes)
      await assertNoToken(settings, account, request.authTokenType, answer)
      return answer
    },
  }
}

interface CheckedRequest {
  readonly url: URL
  readonly init: RequestInit
}

function checkedRequest(request: BridgeRequest, mostBytes: number): CheckedRequest {
  const url = URL.parse(request.url)
  if (url === null) throw new TypeError('url must be an absolute URL')
  const method = request.method.toUpperCase()
  if (!METHODS.has(method)) throw new TypeError(`method must be one of ${[...METHODS].join(', ')}`)
  const { body, redirect = 'follow' } = request
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : (body?.byteLength ?? 0)
  if (bytes > mostBytes) throw new RangeError(`body has ${bytes} bytes; at most ${mostBytes} may be sent for a page`)
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`body must be absent with ${method}`)
  }
  const headers = request.headers.map(([name, value]) => checkedHeader(name, value))
  return { url, init: { method, headers, redirect, ...(body !== undefined && { body: copied(body) }) } }
}

function checkedHeader(name: string, value: string): [string, string] {
  if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
    throw new TypeError('headers has one with characters that HTTP does not allow')
  }
  if (FORBIDDEN.test(name)) throw new TypeError(`headers has "${name.toLowerCase()}", which is not a page's to set`)
  return [name, value]
}

/** The page's bytes may lie in memory that it can still write to. */
function copied(body: string | Uint8Array): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? body : Uint8Array.from(body)
}

async function send(
  requests: RequestPolicy,
  account: Account,
  authTokenType: string,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const authorizedFetch = requests.fetch(account, authTokenType)
  try {
    return await authorizedFetch(url, init)
  } catch (error) {
    throw requestError(error, account, url)
  }
}

/** An HTTP client's own errors quote headers, and one of them is the token. */
function requestError(error: unknown, account: Account, url: URL): AccountError {
  if (isAccountError(error)) return error
  if (error instanceof Error && error.name === 'AbortError') {
    return new AccountError('ERR_ABORTED', `the request to ${url.origin} was given up`, { reason: 'caller' })
  }
  return new AccountError('ERR_NETWORK', `the request to ${url.origin} for ${account.name} failed`, {
    account,
    cause: error,
  })
}

async function answerOf(response: Response, url: URL, mostBytes: number): Promise<BridgeResponse> {
  const body = await boundedBody(response, url, mostBytes)
  return {
    status: response.status,
    statusText: response.statusText,
    url: response.url === '' ? url.href : response.url,
    headers: [...response.headers].filter(([name]) => !KEPT_BACK.has(name.toLowerCase())),
    body,
  }
}

async function boundedBody(response: Response, url: URL, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength
      if (bytes > mostBytes) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw new AccountError('ERR_NETWORK', `the answer of ${url.origin} broke off`, { cause: error })
  }
  if (bytes <= mostBytes) return Uint8Array.from(Buffer.concat(chunks))
  throw new AccountError('ERR_LIMIT_EXCEEDED', `the answer of ${url.origin} is larger than ${mostBytes} bytes`)
}

async function assertNoToken(
  { accounts }: HostSettings,
  account: Account,
  authTokenType: string,
  answer: BridgeResponse,
): Promise<void> {
  const token = await accounts.peekAuthToken(account, authTokenType).catch(() => undefined)
  if (token === undefined) return
  const { value } = token
  const places = [answer.url, answer.statusText, ...answer.headers.flat()]
  const isThere = places.some((place) => place.includes(value)) || Buffer.from(answer.body).includes(value)
  if (!isThere) return
  throw new AccountError(
    'ERR_DENIED',
    `${new URL(answer.url).origin} sent the token of ${account.name} back, which is not for pages`,
    { account },
  )
}
