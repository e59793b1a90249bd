import { systemClock } from '@accountry/accounts'
import { checkFunction, checkObject, checkTexts } from '../checks.ts'
import { EventStreamParser } from './event-stream.ts'
import { ListeningTrigger } from './listening-trigger.ts'
import type { Connect, ConnectionEnd, SyncTrigger, SyncTriggerOptions } from './sync-trigger.ts'

export interface EventSourceTriggerOptions extends SyncTriggerOptions {
  /** Types of events that count. Default: all. */
  readonly events?: readonly string[]
  readonly fetch?: typeof fetch
}

/**
 * Listens to server-sent events and asks for an expedited sync with each: `text/event-stream` over `fetch`, with the
 * account's token and the last event's id. Redirects are not followed, so that the token reaches nobody else.
 *
 * A `401` leads to one try with another token; a second one waits until the account's person has signed in. `204` ends
 * it, as the HTML standard says. `Retry-After` and `retry:` are honoured.
 *
 * @throws TypeError for wrong options, and for a URL that is neither https nor loopback.
 */
export function createEventSourceTrigger(options: EventSourceTriggerOptions): SyncTrigger {
  checkObject(options, 'options')
  checkTexts(options.events, 'events')
  checkFunction(options.fetch, 'fetch')
  let lastId = ''
  let retryMs: number | undefined
  const connect: Connect = async ({ url, headers, signal, opened, alive, received }) => {
    const response = await (options.fetch ?? fetch)(url, {
      headers: { ...headers, accept: 'text/event-stream', ...(lastId !== '' && { 'last-event-id': lastId }) },
      redirect: 'error',
      cache: 'no-store',
      signal,
    })
    const refusal = refusalOf(response, (options.clock ?? systemClock).now())
    if (refusal !== undefined) {
      await response.body?.cancel()
      return refusal
    }
    opened()
    const parser = new EventStreamParser((event) => {
      if (options.events?.includes(event.event) ?? true) received(event)
    }, lastId)
    for await (const bytes of response.body ?? []) {
      alive()
      parser.push(bytes)
      lastId = parser.lastId
      retryMs = parser.retryMs ?? retryMs
    }
    return { kind: 'lost', retryAfterMs: retryMs }
  }
  return new ListeningTrigger(options, connect, ['https:', 'http:'])
}

/** How the connection ends when the answer is no event stream. */
function refusalOf(response: Response, now: number): ConnectionEnd | undefined {
  const { status, headers } = response
  if (status === 204) return { kind: 'over' }
  if (status === 401) return { kind: 'refused' }
  const isStream = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() === 'text/event-stream'
  if (status === 200 && isStream) return undefined
  return { kind: 'lost', retryAfterMs: retryAfterOf(headers.get('retry-after'), now) }
}

/** @see [RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3) */
function retryAfterOf(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
