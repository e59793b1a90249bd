import { kindOf } from '@accountry/accounts/contract'
import { type AuthHeaders, type AuthHeadersOptions, getHeadersWith } from './auth-headers.ts'
import { Authorization, type AuthorizationOptions } from './authorization.ts'
import { exchange, type Transport } from './exchange.ts'
import { type Hop, isReplayable, MAX_REDIRECTS } from './redirects.ts'

export interface AuthorizedFetchOptions extends AuthorizationOptions {
  /** The fetch that sends, e.g. one with a proxy or its own certificate authorities. Default: the global one. */
  readonly fetch?: typeof fetch
}

/** A `fetch` that signs requests, with the same rules for other HTTP clients beside it. */
export type AuthorizedFetch = typeof fetch & {
  /** The headers for one request of another client; see {@link getAuthHeaders}. */
  getAuthHeaders(url: string | URL, options?: AuthHeadersOptions): Promise<AuthHeaders>
}

/**
 * Makes a `fetch` whose requests carry a token of `account`.
 *
 * The token goes only to the listed origins; anything else is refused before a byte is sent. A 401 invalidates that
 * very token, gets another (one refresh, however many requests met the 401 at once) and repeats the request once,
 * which needs a body that can be sent again: a string, bytes, Blob, URLSearchParams or FormData given in `init`; a
 * stream, an async iterable or a `Request` with a body cannot. Redirects are followed here, at most five, so that nothing secret goes to
 * another origin; `response.url` is where the answer came from, and `response.redirected` stays `false`.
 *
 * Makes no request by itself. The answer streams through untouched.
 *
 * @example
 * ```ts
 * // Prerequisites
 * let manager!: AccountManager
 * let account!: Account
 *
 * const calendar = createAuthorizedFetch({ manager, account, authTokenType: 'calendar' })
 * const response = await calendar('https://api.example.com/events')
 * ```
 *
 * @returns A function with the signature of `fetch`. It rejects as `fetch` does, and also with:
 * @throws AccountError `ERR_ORIGIN_NOT_ALLOWED` for a URL, or a redirect, that the token must not go to.
 * @throws AccountError `ERR_NOT_REPLAYABLE` when the request had to be repeated and its body is used up.
 * @throws AccountError `ERR_SCOPE_NOT_GRANTED` when the service wants more rights; they are in `challenge.scopes`.
 * @throws AccountError `ERR_INTERACTION_REQUIRED` (`step_up`) when the service wants a stronger sign-in; what
 *   it asks for is in `challenge`.
 * @throws AccountError `ERR_TLS` when `NODE_TLS_REJECT_UNAUTHORIZED=0` is set.
 * @throws AccountError What `AccountManager.getAuthToken` throws.
 * @throws TypeError for wrong options, and for a request that brings its own `Authorization`.
 * @see [RFC 6750, section 3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
export function createAuthorizedFetch(options: AuthorizedFetchOptions): AuthorizedFetch {
  const authorization = new Authorization(options, 'createAuthorizedFetch')
  if (options.fetch !== undefined && typeof options.fetch !== 'function') {
    throw new TypeError(`createAuthorizedFetch: fetch must be a function, received ${kindOf(options.fetch)}`)
  }
  // Looked up at each call, because tracing and test tools replace the global one.
  const send: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const authorizedFetch: typeof fetch = (input, init) => fetchAuthorized(authorization, send, input, init)
  return Object.assign(authorizedFetch, {
    getAuthHeaders: (url: string | URL, request?: AuthHeadersOptions) => getHeadersWith(authorization, url, request),
  })
}

type FetchInput = Parameters<typeof fetch>[0]
type FetchInit = NonNullable<Parameters<typeof fetch>[1]>

async function fetchAuthorized(
  authorization: Authorization,
  send: typeof fetch,
  input: FetchInput,
  init: FetchInit = {},
): Promise<Response> {
  const request = requestOf(input)
  const url = new URL(request?.url ?? String(input))
  const headers = new Headers(init.headers ?? request?.headers)
  const isCallers = bringsAuthorization(headers, authorization.callerAuthorization)
  await authorization.assertAllowed(url)
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
  const body = init.body ?? request?.body ?? undefined
  const redirect = init.redirect ?? request?.redirect ?? 'follow'
  const signal = init.signal ?? request?.signal ?? undefined
  return await exchange<Response>(
    { url, method, headers, body, authorized: !isCallers },
    fetchTransport(send, ownBodyOf(request, init), {
      ...settingsOf(request),
      ...init,
      redirect: redirect === 'error' ? 'error' : 'manual',
    }),
    authorization,
    { maxRedirects: redirect === 'follow' ? MAX_REDIRECTS : 0, signal },
  )
}

/** A `Request`, also one of another copy of undici. */
function requestOf(input: FetchInput): Request | undefined {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input ? input : undefined
}

/**
 * The request as it is, when its body is what will be sent. Only there is the length of the body known, without which
 * it goes in chunks, which some services refuse. A `Request` of another copy of undici would not be taken for one.
 */
function ownBodyOf(request: Request | undefined, init: FetchInit): Request | undefined {
  const isOwn = request instanceof Request && request.body !== null && (init.body ?? undefined) === undefined
  return isOwn ? request : undefined
}

/** Everything of a `Request` that its copies need and that this module does not handle by itself. */
function settingsOf(request: Request | undefined): FetchInit {
  if (request === undefined) return {}
  const { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy, signal } = request
  return { cache, credentials, integrity, keepalive, mode, referrer, referrerPolicy, signal }
}

/**
 * Whether the request comes with credentials of its own.
 *
 * @throws TypeError when they are refused.
 */
export function bringsAuthorization(headers: Headers, callerAuthorization: 'refuse' | 'keep'): boolean {
  const name = ['authorization', 'dpop'].find((candidate) => headers.has(candidate))
  if (name === undefined) return false
  if (callerAuthorization === 'keep') return true
  throw new TypeError(
    `headers has "${name}", which the account's token sets. Remove it, or send it with callerAuthorization: 'keep'`,
  )
}

function fetchTransport(send: typeof fetch, own: Request | undefined, settings: FetchInit): Transport<Response> {
  return {
    send({ url, method, body }: Hop, headers) {
      const { body: _, ...rest } = settings
      if (own?.url === url.href) return send(own, { ...rest, method, headers })
      return send(url.href, { ...rest, ...bodyInit(body), method, headers })
    },
    statusOf: (response) => response.status,
    headerOf: (response, name) => response.headers.get(name) ?? undefined,
    discard: async (response) => {
      // Cancelling a body that already failed rejects; there is nothing left to let go of then.
      await response.body?.cancel().catch(() => undefined)
    },
    isReplayable,
  }
}

function bodyInit(body: unknown): FetchInit {
  if (body === undefined) return { body: null }
  return { body: body as NonNullable<FetchInit['body']>, ...(isReplayable(body) ? {} : { duplex: 'half' as const }) }
}
