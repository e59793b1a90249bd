import type { InteractionHandler } from '@accountry/accounts'
import { USER_HEADER } from './scripted-interactions.ts'

const MOST_HOPS = 20

/**
 * Goes through a sign-in like a browser that keeps cookies and follows redirects within the server.
 *
 * @param user Default: who signs in next at the server.
 * @returns The URL to which the server finally sends the person: the client's redirect URI with the answer.
 */
export async function signInAt(
  issuer: string,
  url: URL | string,
  user: string | undefined,
  signal?: AbortSignal,
): Promise<URL> {
  const cookies = new Map<string, string>()
  let next = new URL(url)
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    if (next.origin !== new URL(issuer).origin) return next
    const response = await fetch(next, {
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(user !== undefined && { [USER_HEADER]: user }),
      },
      ...(signal !== undefined && { signal }),
    })
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line)
    const location = response.headers.get('location')
    const page = await response.text()
    if (location === null) throw new Error(`the sign-in ended at ${next.pathname}: ${response.status} ${page}`)
    next = new URL(location, next)
  }
  throw new Error(`the sign-in was redirected more than ${MOST_HOPS} times`)
}

/** An interaction handler whose browser signs in by itself and brings the answer to the app's loopback listener. */
export function scriptedBrowser(issuer: string, user: () => string | undefined): InteractionHandler {
  return {
    openBrowser: async ({ url, signal }) => {
      const callback = await signInAt(issuer, url, user(), signal)
      const response = await fetch(callback, { redirect: 'follow', signal })
      await response.body?.cancel()
    },
  }
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const [name = '', ...rest] = pair.split('=')
  const value = rest.join('=')
  if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}
