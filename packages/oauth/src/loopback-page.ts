import type { OutgoingHttpHeaders } from 'node:http'
import { nodeCrypto } from './builtin.ts'

const STYLE = 'body{font:16px system-ui,sans-serif;margin:20vh auto;max-width:30em;padding:0 1em;text-align:center}'

/** The pages that the listener can show. Each is fixed bytes: nothing of a request is ever repeated in one. */
export const pages: Readonly<Record<'done' | 'refused', string>> = {
  done: page('You can close this window', 'Return to the app to continue.'),
  refused: page('Nothing to see here', 'This address only waits for a sign-in to finish.'),
}

/**
 * The headers of every answer: no script, no frame, no cache, no referrer, and no CORS (docs/requirements.md LB-10, LB-13).
 */
export function pageHeaders(): OutgoingHttpHeaders {
  const style = nodeCrypto().createHash('sha256').update(STYLE).digest('base64')
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    connection: 'close',
  }
}

function page(title: string, text: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1><p>${text}</p></html>\n`
}
