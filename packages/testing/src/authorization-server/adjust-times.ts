import type { Adjust, Answer } from './front.ts'
import type { ProviderParts } from './provider-parts.ts'
import { withTimesMoved } from './server-time.ts'

/**
 * Brings the times in answers to the server's clock. ID tokens have to be signed anew for it; access tokens carry the
 * right times already.
 */
export function timeAdjuster({ time, key }: ProviderParts): Adjust {
  return async (answer, endpoint) => {
    const offsetS = time.offsetS()
    if (offsetS === 0 || (endpoint !== 'token' && endpoint !== 'introspection')) return answer
    const body: unknown = JSON.parse(answer.body.toString('utf8'))
    if (typeof body !== 'object' || body === null) return answer
    if (endpoint === 'introspection') return withBody(answer, withTimesMoved(body, offsetS))
    const { id_token: idToken } = body as { id_token?: unknown }
    if (typeof idToken !== 'string') return answer
    const { decodeJwt } = await import('jose')
    const moved = await key.sign(withTimesMoved(decodeJwt(idToken), offsetS))
    return withBody(answer, { ...body, id_token: moved })
  }
}

function withBody(answer: Answer, body: object): Answer {
  return { ...answer, body: Buffer.from(JSON.stringify(body)) }
}
