import { checkFunction, checkObject, checkTexts } from '../checks.ts'
import { ListeningTrigger } from './listening-trigger.ts'
import type { Connect, ConnectionEnd, SyncTrigger, SyncTriggerOptions } from './sync-trigger.ts'

export interface WebSocketTriggerOptions extends SyncTriggerOptions {
  readonly protocols?: readonly string[]
  /** Sent when the connection stands, for servers that want a subscription. Called anew for each connection. */
  readonly hello?: () => string
}

/** A server that closes for lack of rights: the standard code for a policy, and the usual one for "401". */
const REFUSED_CODES: readonly number[] = [1008, 4401]
/** The handshake does not say why it failed; after so many failures in a row the token is worth replacing. */
const REPLACE_TOKEN_AFTER = 3
const NORMAL_CLOSURE = 1000

/**
 * Listens to messages of a WebSocket and asks for an expedited sync with each. The account's token is sent as a header
 * of the handshake.
 *
 * Closing with 1008 or 4401 counts as a refusal of the token: one try with another, then it waits until the account's
 * person has signed in.
 *
 * @throws TypeError for wrong options, and for a URL that is neither wss nor loopback.
 */
export function createWebSocketTrigger(options: WebSocketTriggerOptions): SyncTrigger {
  checkObject(options, 'options')
  checkFunction(options.hello, 'hello')
  checkTexts(options.protocols, 'protocols')
  let failedHandshakes = 0
  const connect: Connect = ({ url, headers, signal, opened, alive, received }) =>
    new Promise<ConnectionEnd>((resolve, reject) => {
      // Node's WebSocket takes headers; the browser's, which the types describe, does not.
      const init = { protocols: [...(options.protocols ?? [])], headers }
      const socket = new WebSocket(url, init as never)
      let stood = false
      const abandon = (): void => {
        // The other side may be gone, so its answer is not waited for.
        socket.close(NORMAL_CLOSURE)
        resolve({ kind: 'lost' })
      }
      signal.addEventListener('abort', abandon, { once: true })
      socket.addEventListener('open', () => {
        stood = true
        failedHandshakes = 0
        try {
          opened()
          if (options.hello !== undefined) socket.send(options.hello())
        } catch (error) {
          // Thrown in a listener it would end the process.
          socket.close(NORMAL_CLOSURE)
          reject(error)
        }
      })
      socket.addEventListener('message', ({ data }: MessageEvent) => {
        alive()
        received({ event: 'message', data: typeof data === 'string' ? data : '', id: '' })
      })
      socket.addEventListener('error', () => undefined)
      socket.addEventListener('close', ({ code }: CloseEvent) => {
        if (!stood) failedHandshakes++
        const isRefused = REFUSED_CODES.includes(code) || failedHandshakes === REPLACE_TOKEN_AFTER
        resolve({ kind: isRefused ? 'refused' : 'lost' })
      })
    })
  return new ListeningTrigger(options, connect, ['wss:', 'ws:'])
}
