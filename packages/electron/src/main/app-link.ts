/** Longer links are nobody's answer to a sign-in. */
const LONGEST_LINK = 8_192
const LONGEST_STATE = 1_024

/** A link that looks like the answer to a sign-in, and to which one. */
export interface AnswerLink {
  readonly state: string
  readonly url: URL
}

// A private-use scheme is a reversed domain name (RFC 8252 §7.1), so that it is the app's by its owner's domain.
const APP_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/

/**
 * Checks the `redirectUri` of an app: `com.example.app:/signed-in`.
 *
 * @throws TypeError for a scheme without a dot or with other characters than RFC 3986 §3.1 allows, and for a fragment,
 *   a query or credentials.
 */
export function checkedRedirect(value: unknown): { readonly scheme: string; readonly url: URL } {
  const url = typeof value === 'string' && !/[\s\\]/.test(value) ? URL.parse(value) : null
  if (url === null) throw new TypeError('redirectUri must be a URL such as com.example.app:/signed-in')
  const scheme = url.protocol.slice(0, -1)
  if (!APP_SCHEME.test(scheme)) {
    throw new TypeError('redirectUri must have a scheme of the app, a reversed domain name such as com.example.app')
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new TypeError('redirectUri must have no query, no fragment and no user')
  }
  return { scheme, url }
}

/**
 * Reads a link that somebody sent to the app: any web page can (CS-03). Pure.
 *
 * Scheme, host and path must be exactly those of the redirect, and there must be one `state` and an answer (`code` or
 * `error`) beside it. Everything else is `undefined`: nothing in a link is ever done.
 */
export function readAnswerLink(link: unknown, redirect: URL): AnswerLink | undefined {
  if (typeof link !== 'string' || link.length > LONGEST_LINK || /[\s\\]/.test(link)) return undefined
  const url = URL.parse(link)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  const isExpected =
    url.protocol === redirect.protocol && url.host === redirect.host && url.pathname === redirect.pathname
  if (!isExpected) return undefined
  const states = url.searchParams.getAll('state')
  const [state = ''] = states
  if (states.length !== 1 || state === '' || state.length > LONGEST_STATE) return undefined
  if (!url.searchParams.has('code') && !url.searchParams.has('error')) return undefined
  // Browsers carry a fragment over redirects; no answer of ours has one.
  url.hash = ''
  return { state, url }
}

/**
 * Finds the app's link among the arguments of a process. Their order is not guaranteed, and switches stand between them.
 *
 * @returns `undefined` when there is none, or when there are several and nobody knows which was meant.
 */
export function findLink(argv: readonly unknown[], scheme: string): string | undefined {
  const prefix = `${scheme}:`
  const links = argv.filter((argument): argument is string => {
    return typeof argument === 'string' && argument.slice(0, prefix.length).toLowerCase() === prefix
  })
  const [link, ...others] = new Set(links)
  return others.length === 0 ? link : undefined
}
