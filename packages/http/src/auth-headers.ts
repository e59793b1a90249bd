import { kindOf } from '@accountry/accounts/contract'
import { Authorization, type AuthorizationOptions } from './authorization.ts'

export interface AuthHeadersOptions {
  /** A DPoP proof holds for one method. Default `GET`. */
  readonly method?: string
  readonly signal?: AbortSignal
}

export interface AuthHeaders {
  /** Secret: they hold the token. */
  readonly headers: Record<string, string>
  /** When they end, in epoch milliseconds; `undefined` when the service did not say. */
  readonly expiresAt: number | undefined
}

/**
 * The headers that authorise one request, for HTTP clients other than `fetch` and axios.
 *
 * > [!WARNING]\
 * > The client sends them wherever it follows a redirect to. Turn its redirects off, or see that it drops
 * > `Authorization` and `DPoP` for another origin. Ask again for each request.
 *
 * On a 401 call `AccountManager.invalidateAuthToken` with the token and ask once more.
 *
 * @throws AccountError `ERR_ORIGIN_NOT_ALLOWED` when the token must not go to `url`.
 * @throws AccountError `ERR_TLS` when `NODE_TLS_REJECT_UNAUTHORIZED=0` is set.
 * @throws AccountError What `AccountManager.getAuthToken` throws.
 * @throws TypeError for wrong options, or when `url` is not a URL.
 */
export async function getAuthHeaders(
  url: string | URL,
  options: AuthorizationOptions & AuthHeadersOptions,
): Promise<AuthHeaders> {
  return await getHeadersWith(new Authorization(options, 'getAuthHeaders'), url, options)
}

/** {@link getAuthHeaders} with an authorization that keeps its nonces from call to call. */
export async function getHeadersWith(
  authorization: Authorization,
  url: string | URL,
  { method = 'GET', signal }: AuthHeadersOptions = {},
): Promise<AuthHeaders> {
  const target = URL.parse(String(url))
  if (target === null) throw new TypeError(`url must be an absolute URL, received ${kindOf(url)}`)
  if (typeof method !== 'string') throw new TypeError(`method must be a string, received ${kindOf(method)}`)
  await authorization.assertAllowed(target)
  const token = await authorization.getToken(signal)
  const headers = await authorization.headersFor(token, {
    method: method.toUpperCase(),
    url: target,
    nonce: authorization.nonceFor(target),
  })
  return { headers, expiresAt: token.expiresAt }
}
