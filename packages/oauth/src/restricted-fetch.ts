import { AccountError } from '@accountry/accounts'
import { isLoopbackHost } from './endpoint-url.ts'

/**
 * A fetch that sends a person's password to the declared origins only: https, no redirects (docs/requirements.md PW-03).
 *
 * @throws AccountError `ERR_ORIGIN_NOT_ALLOWED` before anything is sent; `ERR_SERVER` (`redirect`) when the service
 *   answers with a redirect.
 */
export function restrictedFetch(inner: typeof fetch, origins: readonly string[], label: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, { ...init, redirect: 'manual' })
    const { origin, protocol, hostname, host } = new URL(request.url)
    const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
    if (!isSecure || !origins.includes(origin)) {
      throw new AccountError('ERR_ORIGIN_NOT_ALLOWED', `${label}: credentials are not sent to ${host}`)
    }
    const response = await inner(request)
    if (response.status < 300 || response.status >= 400) return response
    await response.body?.cancel()
    throw new AccountError('ERR_SERVER', `${label}: ${host} answered with a redirect, which is not followed`, {
      reason: 'redirect',
    })
  }
}
