import { types } from 'node:util'
import type { ExposedAccounts } from '../../src/bridge/exposed-accounts.ts'
import type { PreloadElectron } from '../../src/preload/index.ts'
import type { FakeFrame, FakeWebContents } from './fake-frames.ts'

/** What a preload script sees of `process`. */
export interface FakeRendererProcess {
  readonly contextIsolated: boolean
  readonly sandboxed: boolean
}

/** The renderer process of one page: its preload world, its main world, and the bridge between them. */
export class FakeRenderer {
  /** `window` of the page. */
  readonly mainWorld: Record<string, unknown> = {}
  readonly process: FakeRendererProcess
  readonly #frame: FakeFrame

  constructor(contents: FakeWebContents, frame: FakeFrame = contents.mainFrame) {
    const { contextIsolation = true, sandbox = true, nodeIntegration = false } = contents.getLastWebPreferences()
    this.process = { contextIsolated: contextIsolation, sandboxed: sandbox && !nodeIntegration }
    this.#frame = frame
  }

  /** `require('electron')` of a preload script. */
  get electron(): PreloadElectron {
    const frame = this.#frame
    const { contents } = frame
    return {
      contextBridge: { exposeInMainWorld: (key, api) => this.#expose(key, api) },
      ipcRenderer: {
        invoke: (channel, ...args) => contents.ipcMain.invoke(contents, frame, channel, args),
        on: (channel, listener) => frame.renderer.on(channel, listener),
      },
    }
  }

  /** What the page finds under a name. */
  exposed(key: string): ExposedAccounts {
    return this.mainWorld[key] as ExposedAccounts
  }

  #expose(key: string, api: unknown): void {
    if (!this.process.contextIsolated) {
      throw new Error('contextBridge API can only be used when contextIsolation is enabled')
    }
    if (key in this.mainWorld) throw new Error('Cannot bind an API on top of an existing property on the window object')
    Object.defineProperty(this.mainWorld, key, { value: deepFreeze(acrossWorlds(api)), enumerable: true })
  }
}

/**
 * What arrives in the other world: copies of values without their prototypes, and proxies of functions. A rejection
 * keeps its message only.
 */
export function acrossWorlds(value: unknown): unknown {
  if (typeof value === 'function') {
    const call = value as (...args: unknown[]) => unknown
    return (...args: unknown[]) => acrossWorlds(call(...args.map(acrossWorlds)))
  }
  if (typeof value === 'symbol') throw new TypeError('a symbol cannot be sent over the context bridge')
  if (typeof value !== 'object' || value === null) return value
  if (types.isPromise(value)) {
    return value.then(acrossWorlds, (error: unknown) => {
      throw new Error(error instanceof Error ? error.message : String(error))
    })
  }
  if (Array.isArray(value)) return value.map(acrossWorlds)
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isMap(value) || types.isDate(value)) {
    return structuredClone(value)
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, acrossWorlds(member)]))
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
