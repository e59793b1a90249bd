import type { BridgeLink } from './bridge-link.ts'

/** Statuses whose answers have no body; `Response` refuses one for them. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** The `fetch` of one account and token type. */
export function bridgeFetch(link: BridgeLink, account: string, authTokenType: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
    const { url: target, method, redirect, signal } = request
    const wish = { account, authTokenType, url: target, method, redirect, headers: [...request.headers] }
    const answer = await link
      .call('request', { ...wish, ...(body !== undefined && { body }) }, signal)
      .catch((error: unknown) => {
        // As every `fetch` does, whatever the main process makes of it.
        throw signal.aborted ? signal.reason : error
      })
    const { status, statusText, url } = answer
    const headers = new Headers(answer.headers.map(([name, value]): [string, string] => [name, value]))
    const content = WITHOUT_BODY.has(status) ? null : Uint8Array.from(answer.body)
    const response = new Response(content, { status, statusText, headers })
    Object.defineProperty(response, 'url', { value: url })
    return response
  }
}
