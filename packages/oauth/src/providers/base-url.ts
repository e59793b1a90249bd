import { parseEndpoint } from '../endpoint-url.ts'

/**
 * Checks the address of one's own installation of a service, and takes a final slash off.
 *
 * @throws TypeError when it is not https (http on a literal loopback address aside).
 */
export function checkedBaseUrl(value: string, option: string): string {
  const url = parseEndpoint(value)
  if (typeof url === 'string') throw new TypeError(`${option} ${url}`)
  if (url.search !== '') throw new TypeError(`${option} must not have a query`)
  return value.replace(/\/+$/, '')
}

/**
 * Checks a host name such as `example.eu.auth0.com`.
 *
 * @throws TypeError when it is more or less than that.
 */
export function checkedHost(value: string, option: string): string {
  const isHost = typeof value === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(value)
  if (!isHost) throw new TypeError(`${option} must be a host name without https:// and without a path`)
  return value
}
