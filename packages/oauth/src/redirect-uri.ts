import type { LoopbackRedirect } from './loopback-listener.ts'

/**
 * Where the browser comes back to after a sign-in.
 *
 * - `loopback`: to a listener that this process opens;
 * - `web`: to a server of the app, which passes the URL on to `finishSession`;
 * - `app-link`: to the app itself, through a scheme that the operating system hands to it.
 */
export type Redirect =
  | { readonly kind: 'loopback'; readonly loopback: LoopbackRedirect }
  | { readonly kind: 'web' | 'app-link'; readonly uri: string }

// A private-use scheme is a reversed domain name (RFC 8252 §7.1), so it has a dot; this keeps out javascript:,
// data:, file: and everything else that does something when opened.
const APP_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/

/** @returns The redirect, or what is wrong with it, in words that can follow "redirectUri …". */
export function parseRedirectUri(value: string): Redirect | string {
  // A parser drops line breaks and spaces, and the server compares what was sent.
  if (!/^[\x21-\x7e]+$/.test(value) || !URL.canParse(value)) return 'is not a URL'
  const url = new URL(value)
  if (url.hash !== '' || value.includes('#')) return 'must not have a fragment'
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password'
  if (url.protocol === 'https:') return { kind: 'web', uri: value }
  if (APP_SCHEME.test(url.protocol)) return { kind: 'app-link', uri: value }
  if (url.protocol !== 'http:') return 'must be https, http on this machine, or a reverse-domain scheme'
  const { hostname } = url
  if (hostname !== '127.0.0.1' && hostname !== '[::1]' && hostname !== 'localhost') {
    return 'must be https, because it is not on this machine'
  }
  if (url.search !== '') return 'must not have a query'
  // Browsers leave it out of what they send, and parsers out of what they read.
  if (/^http:\/\/[^/]*:0*80(\/|$)/i.test(value)) return 'must not name port 80; take another, or none for any'
  const port = url.port === '' ? 0 : Number(url.port)
  // `http://localhost` and `http://localhost/` are one address and two redirect URIs.
  const isWithoutPath = url.pathname === '/' && !value.endsWith('/')
  const path = { path: url.pathname, ...(isWithoutPath && { writtenPath: '' }) }
  return { kind: 'loopback', loopback: { host: hostname, port, ...path } }
}
