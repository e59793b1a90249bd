import type { Answer, BridgeCall } from '../bridge/calls.ts'
import { API_KEY, BRIDGE_CALLS, type ControlCall, channelOf, EVENT_CHANNEL } from '../bridge/channels.ts'
import type { BridgeEvent, EventMessage } from '../bridge/events.ts'
import type { ExposedAccounts } from '../bridge/exposed-accounts.ts'

/** What of Electron a preload script needs. Written out, so that every version of Electron fits. */
export interface PreloadElectron {
  readonly contextBridge: { exposeInMainWorld(apiKey: string, api: unknown): void }
  readonly ipcRenderer: {
    invoke(channel: string, ...args: unknown[]): Promise<unknown>
    on(channel: string, listener: (event: unknown, ...args: unknown[]) => void): unknown
  }
}

/** What Electron says in `process` about the page for which the preload script runs. */
export interface PreloadProcess {
  readonly contextIsolated?: boolean
  readonly sandboxed?: boolean
}

export interface ExposeOptions {
  /** Expose to a page that is not sandboxed: whoever takes it over reaches Node without this bridge. Default `false`. */
  readonly allowUnsandboxed?: boolean
  /** Default: that of the preload script. */
  readonly process?: PreloadProcess
}

/**
 * Exposes the accounts to the page: a frozen object with one function per call, and nothing that leads further.
 *
 * For apps with a preload script of their own, which has to be bundled into one CommonJS file, as sandboxed preload
 * scripts can load none of their own. `preload.cjs` of this package is that file with this one call in it.
 *
 * @throws TypeError when the page is not isolated from preload scripts, or not sandboxed.
 * @see [Electron: context isolation](https://www.electronjs.org/docs/latest/tutorial/context-isolation)
 */
export function exposeAccounts({ contextBridge, ipcRenderer }: PreloadElectron, options: ExposeOptions = {}): void {
  assertGuarded(options.process ?? (process as PreloadProcess), options.allowUnsandboxed === true)
  contextBridge.exposeInMainWorld(API_KEY, exposedAccounts(ipcRenderer))
}

function assertGuarded(host: PreloadProcess, allowUnsandboxed: boolean): void {
  if (host.contextIsolated !== true) {
    throw new TypeError(
      'contextIsolation must be true in webPreferences: without it a page reaches into preload scripts',
    )
  }
  if (host.sandboxed !== true && !allowUnsandboxed) {
    throw new TypeError('sandbox must be true (and nodeIntegration false) in webPreferences of a window with accounts')
  }
}

function exposedAccounts(ipcRenderer: PreloadElectron['ipcRenderer']): ExposedAccounts {
  const invoke = async (call: BridgeCall | ControlCall, message: unknown): Promise<Answer<unknown>> => {
    try {
      return (await ipcRenderer.invoke(channelOf(call), message)) as Answer<unknown>
    } catch (error) {
      if (!/could not be cloned/.test(String(error))) throw error
      return { ok: false, error: { name: 'TypeError', message: 'request must hold plain values only' } }
    }
  }
  const calls = Object.fromEntries(
    BRIDGE_CALLS.map((name) => [
      name,
      (request: unknown, callId: unknown) => invoke(name, { id: String(callId), request }),
    ]),
  )
  const listeners = new EventListeners(ipcRenderer, invoke)
  const controls = {
    cancel: (callId: unknown) => invoke('cancel', { id: String(callId) }),
    on: (event: BridgeEvent, listener: (message: EventMessage) => void) => listeners.add(String(event), listener),
  }
  return Object.freeze({ ...calls, ...controls }) as unknown as ExposedAccounts
}

type Listener = (message: EventMessage) => void

/** The page's listeners. The main process sends only what somebody here listens to. */
class EventListeners {
  readonly #ipcRenderer: PreloadElectron['ipcRenderer']
  readonly #invoke: (call: ControlCall, request: unknown) => Promise<unknown>
  readonly #byEvent = new Map<string, Set<{ readonly run: Listener }>>()
  #isListening = false

  constructor(
    ipcRenderer: PreloadElectron['ipcRenderer'],
    invoke: (call: ControlCall, request: unknown) => Promise<unknown>,
  ) {
    this.#ipcRenderer = ipcRenderer
    this.#invoke = invoke
  }

  add(event: string, run: Listener): () => void {
    if (!this.#isListening) {
      // The event object would give the page `sender`, and with it every channel.
      this.#ipcRenderer.on(EVENT_CHANNEL, (_event, message) => this.#deliver(message as EventMessage))
      this.#isListening = true
    }
    const entry = { run }
    const entries = this.#byEvent.get(event) ?? new Set()
    this.#byEvent.set(event, entries.add(entry))
    if (entries.size === 1) this.#tell('subscribe', event)
    return () => {
      if (!entries.delete(entry) || entries.size > 0) return
      this.#byEvent.delete(event)
      this.#tell('unsubscribe', event)
    }
  }

  #tell(call: 'subscribe' | 'unsubscribe', event: string): void {
    this.#invoke(call, { event }).catch(() => undefined)
  }

  #deliver(message: EventMessage): void {
    for (const { run } of [...(this.#byEvent.get(message.event) ?? [])]) {
      try {
        run(message)
      } catch {
        // A listener of the page that fails is the page's, and must not keep others from hearing.
      }
    }
  }
}
