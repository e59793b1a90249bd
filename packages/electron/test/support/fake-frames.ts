import { EventEmitter } from 'node:events'
import type { FakeIpcMain } from './fake-ipc.ts'

/** A page in a frame: what Electron shows of it in the main process, as `WebFrameMain`. */
export class FakeFrame {
  readonly parent: FakeFrame | null
  readonly contents: FakeWebContents
  #url: string
  #origin: string
  #processId: number
  #routingId: number
  #frameToken: string
  #isDisposed = false
  detached = false
  /** What arrives in the renderer, by channel. */
  readonly renderer: EventEmitter = new EventEmitter()

  constructor(contents: FakeWebContents, url: string, parent: FakeFrame | null) {
    this.contents = contents
    this.parent = parent
    this.#url = url
    this.#origin = originOf(url)
    this.#processId = contents.nextNumber()
    this.#routingId = contents.nextNumber()
    this.#frameToken = `token-${contents.nextNumber()}`
  }

  get url(): string {
    return this.#read(this.#url)
  }

  get origin(): string {
    return this.#read(this.#origin)
  }

  get processId(): number {
    return this.#read(this.#processId)
  }

  get routingId(): number {
    return this.#read(this.#routingId)
  }

  get frameToken(): string {
    return this.#read(this.#frameToken)
  }

  isDestroyed(): boolean {
    return this.#isDisposed
  }

  send(channel: string, ...args: unknown[]): void {
    this.#read(undefined)
    const message = structuredClone(args)
    this.contents.ipcMain.transcript.push({ to: 'renderer', channel, args: message })
    this.renderer.emit(channel, { sender: {}, senderId: 0 }, ...message)
  }

  /** Another page comes into the frame; of another origin in another process. */
  show(url: string, origin: string = originOf(url)): void {
    if (origin !== this.#origin) this.#processId = this.contents.nextNumber()
    this.#routingId = this.contents.nextNumber()
    this.#frameToken = `token-${this.contents.nextNumber()}`
    this.#url = url
    this.#origin = origin
    this.renderer.removeAllListeners()
  }

  dispose(): void {
    this.#isDisposed = true
    this.renderer.removeAllListeners()
  }

  /** Electron throws for whatever is asked of a frame that is gone. */
  #read<Value>(value: Value): Value {
    if (this.#isDisposed) throw new Error('Render frame was disposed before WebFrameMain could be accessed')
    return value
  }
}

export interface FakeWebPreferences {
  readonly nodeIntegration?: boolean
  readonly contextIsolation?: boolean
  readonly sandbox?: boolean
  readonly preload?: string
}

/** `WebContents`: one window's page, its frames, and what happens to them. */
export class FakeWebContents extends EventEmitter {
  readonly id: number
  readonly ipcMain: FakeIpcMain
  readonly mainFrame: FakeFrame
  readonly #preferences: FakeWebPreferences
  #isDestroyed = false
  #numbers = 0

  constructor(ipcMain: FakeIpcMain, url: string, preferences: FakeWebPreferences = {}) {
    super()
    this.id = ipcMain.nextContentsId()
    this.ipcMain = ipcMain
    this.#preferences = { nodeIntegration: false, contextIsolation: true, sandbox: true, ...preferences }
    this.mainFrame = new FakeFrame(this, url, null)
  }

  getLastWebPreferences(): FakeWebPreferences {
    return this.#preferences
  }

  nextNumber(): number {
    return this.id * 1_000 + this.#numbers++
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  /** An iframe in the page. */
  addSubframe(url: string): FakeFrame {
    return new FakeFrame(this, url, this.mainFrame)
  }

  /** The window goes to another page. */
  navigate(url: string, origin?: string): void {
    this.mainFrame.show(url, origin)
    this.emit('did-navigate', {}, url, 200, 'OK')
  }

  crash(): void {
    this.mainFrame.renderer.removeAllListeners()
    this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
  }

  /** The window is closed. */
  destroy(): void {
    this.#isDestroyed = true
    this.mainFrame.dispose()
    this.emit('destroyed')
  }
}

/** The security origin that Chromium gives to a page. */
export function originOf(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || ['about:', 'blob:', 'data:', 'javascript:'].includes(parsed.protocol)) return 'null'
  return parsed.protocol === 'file:' ? 'file://' : `${parsed.protocol}//${parsed.host}`
}
