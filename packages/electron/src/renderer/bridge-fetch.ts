import type { BridgeLink } from './bridge-link.ts'

/** Statuses whose answers have no body; `Response` refuses one for them. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/** The `fetch` of one account and token type. */
export function bridgeFetch(link: BridgeLink, account: string, authTokenType: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
    const answer = await link.call(
      'request',
      {
        account,
        authTokenType,
        url: request.url,
        method: request.method,
        headers: [...request.headers],
        ...(body !== undefined && { body }),
      },
      request.signal,
    )
    const { status, statusText, url } = answer
    const headers = new Headers(answer.headers.map(([name, value]): [string, string] => [name, value]))
    const content = WITHOUT_BODY.has(status) ? null : Uint8Array.from(answer.body)
    const response = new Response(content, { status, statusText, headers })
    Object.defineProperty(response, 'url', { value: url })
    return response
  }
}
