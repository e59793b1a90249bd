import type { IncomingMessage } from 'node:http'
import { isSameText } from './same-text.ts'

/** What of a request decides whether it is the callback. */
export type RawRequest = Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>

/** What the listener is waiting for. */
export interface ExpectedCallback {
  /** The only accepted `Host`, e.g. `127.0.0.1:49152`. */
  readonly host: string
  /** The only accepted path, case-sensitive, e.g. `/callback`. */
  readonly path: string
  readonly state: string
}

/** The parameters of the callback, or the status with which a request that is not it is turned away. */
export type Verdict = { readonly parameters: URLSearchParams } | { readonly status: 400 | 404 | 405 | 421 }

/**
 * Decides whether a request is the callback that belongs to this sign-in. Pure.
 *
 * Any web page and any program on this machine can send requests here; only whoever knows the state can settle the
 * flow, and everything else is turned away without a trace (docs/requirements.md LB-05…LB-08). The target is cut at its first
 * `?` by hand: a URL parser reads a host out of `//evil.example/callback`.
 */
export function judgeRequest(request: RawRequest, expected: ExpectedCallback): Verdict {
  const hosts = headerValues(request.rawHeaders, 'host')
  if (hosts.length !== 1 || hosts[0] !== expected.host) return { status: 421 }
  const target = request.url ?? ''
  // Origin-form only (RFC 9112 §3.2.1); a fragment is never sent by a client that means well.
  if (!/^\/(?![/\\])[^\\#]*$/.test(target)) return { status: 400 }
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (path !== expected.path) return { status: 404 }
  if (request.method !== 'GET') return { status: 405 }
  if (isNotNavigation(request.rawHeaders)) return { status: 400 }
  const parameters = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
  const states = parameters.getAll('state')
  if (states.length !== 1 || !isSameText(states[0] ?? '', expected.state)) return { status: 400 }
  return { parameters }
}

/** A script, an image or a prefetch that carries the state is not the person coming back. */
function isNotNavigation(rawHeaders: readonly string[]): boolean {
  const destinations = headerValues(rawHeaders, 'sec-fetch-dest')
  if (destinations.some((destination) => destination !== 'document')) return true
  const purposes = [...headerValues(rawHeaders, 'sec-purpose'), ...headerValues(rawHeaders, 'purpose')]
  return purposes.some((purpose) => purpose.includes('prefetch'))
}

/** All values of a header: Node's `headers` keeps the first of two `Host` lines and hides the second. */
function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  }
  return values
}
