import { kindOf } from '@accountry/accounts/contract'
import type { HostFrame } from './electron-types.ts'

/** Schemes whose pages come from anywhere, or inherit who they are from whoever made them. */
const NEVER: ReadonlySet<string> = new Set([
  'about:',
  'blob:',
  'chrome:',
  'chrome-extension:',
  'data:',
  'devtools:',
  'filesystem:',
  'ftp:',
  'javascript:',
  'view-source:',
  'ws:',
  'wss:',
])

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])
const FILE_ORIGIN = 'file://'

/** The pages that may use the accounts. */
export interface PageOrigins {
  /** Whether the frame shows one of them now. Never throws, also for a frame that is gone. */
  allows(frame: HostFrame): boolean
}

/**
 * Checks the `origins` option. An entry is an origin (`https://app.example.com`, `app://main` of a scheme that is
 * registered as standard, `http://localhost:5173` while developing) or the `file:` URL of one page.
 *
 * @throws TypeError for what is neither, and for schemes that anybody can be.
 */
export function checkedPageOrigins(value: unknown): PageOrigins {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`origins must be a list of the app's own origins, received ${kindOf(value)}`)
  }
  const allowed = new Set(value.map((entry: unknown, index) => checkedEntry(entry, `origins[${index}]`)))
  return {
    allows(frame) {
      try {
        const page = pageOf(frame)
        return page !== undefined && allowed.has(page)
      } catch {
        // Electron throws for every property of a frame that was disposed of.
        return false
      }
    },
  }
}

function checkedEntry(value: unknown, option: string): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a string, received ${kindOf(value)}`)
  const url = URL.parse(value)
  if (url === null || NEVER.has(url.protocol) || url.username !== '' || url.password !== '') {
    throw new TypeError(`${option} must be an origin of the app, such as app://main or https://app.example.com`)
  }
  if (url.protocol === 'file:') {
    if (url.pathname.endsWith('/')) {
      throw new TypeError(`${option} must be the file: URL of one page; all files have one origin, those of others too`)
    }
    return fileOf(url)
  }
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) {
    throw new TypeError(`${option} must be https: on the way of http anybody can put a page of theirs in its place`)
  }
  if (url.host === '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    throw new TypeError(`${option} must be an origin, without path, query or fragment`)
  }
  return originOf(url)
}

/** Which entry would allow the frame. Its security origin and its address have to agree. */
function pageOf(frame: HostFrame): string | undefined {
  const url = URL.parse(frame.url)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  if (url.protocol === 'file:') return frame.origin === FILE_ORIGIN ? fileOf(url) : undefined
  const origin = originOf(url)
  return origin === frame.origin ? origin : undefined
}

/** As Chromium writes it; `URL.origin` is `null` for schemes that Node does not know. */
function originOf(url: URL): string {
  return `${url.protocol}//${url.host}`
}

function fileOf(url: URL): string {
  return `file://${url.host}${url.pathname}`
}
