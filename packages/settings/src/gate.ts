import type { IncomingMessage } from 'node:http'

/** What of a request decides whether it is looked at. */
export type RawRequest = Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>

/** Where the page lives. */
export interface PagePlace {
  /** The only accepted `Host`, e.g. `127.0.0.1:49152`. */
  readonly host: string
  /** The only accepted `Origin`, e.g. `http://127.0.0.1:49152`. */
  readonly origin: string
  /** Begins every path: `/`, what nobody can guess, `/`. */
  readonly base: string
}

/** A request that may be looked at: its path below the base, and its query. */
export interface AdmittedRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly query: URLSearchParams
  /** Whether a page of another site sent the browser here. */
  readonly isFromOtherSite: boolean
}

export type Verdict = AdmittedRequest | { readonly status: 400 | 403 | 404 | 405 | 413 | 415 | 421 }

/** The one path that another site may send a browser to: a link with a one-time token may lie anywhere. */
export const ENTRANCE = 'open'
/** Longest body of a request in bytes. */
export const MAX_BODY_BYTES = 16_384

/**
 * Decides whether a request may be looked at at all. Pure.
 *
 * Any web page and any program of this machine can send requests to a loopback port. A page of another site is told by
 * `Host` (DNS rebinding), `Origin` and `Sec-Fetch-Site` (forged requests); a program that knows neither the base nor a
 * session gets nothing (docs/requirements.md LB-05, LB-06, LB-13). Changes are POST with JSON and `Origin`, which no form and no link can send.
 */
export function judgeRequest(request: RawRequest, place: PagePlace): Verdict {
  const header = (name: string): string[] => headerValues(request.rawHeaders, name)
  const hosts = header('host')
  if (hosts.length !== 1 || hosts[0] !== place.host) return { status: 421 }
  const target = request.url ?? ''
  // Origin-form only (RFC 9112 §3.2.1): a URL parser reads a host out of `//evil.example/`.
  if (!/^\/(?![/\\])[^\\#]*$/.test(target)) return { status: 400 }
  if (!target.startsWith(place.base)) return { status: 404 }
  const { method } = request
  if (method !== 'GET' && method !== 'POST') return { status: 405 }
  const mark = target.indexOf('?')
  const path = target.slice(place.base.length, mark === -1 ? undefined : mark)
  const isFromOtherSite = header('sec-fetch-site').some((site) => site !== 'same-origin' && site !== 'none')
  if (isFromOtherSite && !(path === ENTRANCE && method === 'GET')) return { status: 403 }
  const origins = header('origin')
  const isForeign = origins.length > 1 || origins.some((origin) => origin !== place.origin)
  if (isForeign || (method === 'POST' && origins.length === 0)) return { status: 403 }
  if (method === 'POST') {
    if (!isJson(header('content-type'))) return { status: 415 }
    if (Number(header('content-length')[0] ?? 0) > MAX_BODY_BYTES) return { status: 413 }
  }
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
  return { method, path, query, isFromOtherSite }
}

/** A frame, a script or a prefetch that knows the address is not the person who opens the page. */
export function isNavigation(rawHeaders: readonly string[]): boolean {
  if (headerValues(rawHeaders, 'sec-fetch-dest').some((destination) => destination !== 'document')) return false
  const purposes = [...headerValues(rawHeaders, 'sec-purpose'), ...headerValues(rawHeaders, 'purpose')]
  return !purposes.some((purpose) => /prefetch|prerender/.test(purpose))
}

/** All values of a header: Node's `headers` keeps the first of two `Host` lines and hides the second. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  }
  return values
}

function isJson(types: readonly string[]): boolean {
  return types.length === 1 && /^application\/json(?:; *charset=utf-8)?$/i.test(types[0] ?? '')
}
