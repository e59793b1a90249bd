import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])

/**
 * Checks the `origins` option.
 *
 * @returns The origins as `URL.origin` writes them.
 * @throws TypeError for what is no origin, or one that a token must never be sent to.
 */
export function checkedOrigins(value: unknown, option: string): ReadonlySet<string> {
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array of origins, received ${kindOf(value)}`)
  return new Set(value.map((origin: unknown, index) => checkedOrigin(origin, `${option}[${index}]`)))
}

function checkedOrigin(value: unknown, option: string): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a string, received ${kindOf(value)}`)
  const url = URL.parse(value)
  if (url === null || !isTransportSafe(url)) {
    throw new TypeError(`${option} must be an https origin, or http on 127.0.0.1 or [::1]`)
  }
  if (url.href !== `${url.origin}/`) {
    throw new TypeError(`${option} must be an origin such as https://api.example.com, without path, query or user`)
  }
  return url.origin
}

/** Whether what is sent there cannot be read on the way: https, or http that never leaves this machine. */
export function isTransportSafe(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname))
}

/**
 * Refuses a URL to which the token must not go. The comparison is by `URL.origin`, after the URL was built, never by
 * prefix: scheme, host and port all count.
 *
 * @param purpose Whose token it is, for the message.
 * @throws {@link AccountError} `ERR_ORIGIN_NOT_ALLOWED`. The message names the origin only: path and query may hold
 *   what is not for logs.
 */
export function assertOriginAllowed(url: URL, origins: ReadonlySet<string>, purpose: string): void {
  if (url.username !== '' || url.password !== '') {
    throw notAllowed(`The URL for ${purpose} carries a user name or password. Remove them: the token is what signs in`)
  }
  if (!isTransportSafe(url)) {
    throw notAllowed(`${purpose} is not sent to ${url.origin === 'null' ? url.protocol : url.origin}: only https, or \
http on 127.0.0.1 or [::1], keeps it secret`)
  }
  if (origins.has(url.origin)) return
  const listed = origins.size === 0 ? 'no origin is listed' : `listed: ${[...origins].join(', ')}`
  throw notAllowed(`${purpose} is not for ${url.origin} (${listed}). Nothing was sent. List the origin in \`origins\` \
of the token type, or of this call, if it may have the token`)
}

function notAllowed(message: string): AccountError {
  return new AccountError('ERR_ORIGIN_NOT_ALLOWED', message)
}
