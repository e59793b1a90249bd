import { EventEmitter } from 'node:events'
import type { SettingsWindowShape } from '../../src/main/index.ts'

/** `Session`, as far as permissions go. */
class FakeSession {
  requestPermission: (permission: string) => boolean = () => true
  checkPermission: () => boolean = () => true

  setPermissionRequestHandler(
    handler: (contents: unknown, permission: string, callback: (granted: boolean) => void) => void,
  ): void {
    this.requestPermission = (permission) => {
      let isGranted = true
      handler({}, permission, (granted) => {
        isGranted = granted
      })
      return isGranted
    }
  }

  setPermissionCheckHandler(handler: () => boolean): void {
    this.checkPermission = handler
  }
}

/** The `webContents` of a window that goes nowhere else. */
class FakeWindowContents extends EventEmitter {
  readonly session: FakeSession = new FakeSession()
  openWindow: (details: { readonly url: string }) => { action: 'deny' } | { action: 'allow' } = () => ({
    action: 'allow',
  })

  setWindowOpenHandler(handler: (details: { readonly url: string }) => { action: 'deny' }): void {
    this.openWindow = handler
  }

  /** @returns Whether the page may go there. */
  wouldNavigate(event: 'will-frame-navigate' | 'will-redirect', url: string): boolean {
    let isAllowed = true
    const preventDefault = (): void => {
      isAllowed = false
    }
    this.emit(event, { url, preventDefault })
    return isAllowed
  }
}

/** `BrowserWindow` of the settings. */
export class FakeBrowserWindow extends EventEmitter {
  static readonly windows: FakeBrowserWindow[] = []
  readonly options: SettingsWindowShape
  readonly webContents: FakeWindowContents = new FakeWindowContents()
  url: string | undefined
  focused = 0
  #isDestroyed = false

  constructor(options: SettingsWindowShape) {
    super()
    this.options = options
    FakeBrowserWindow.windows.push(this)
  }

  async loadURL(url: string): Promise<void> {
    this.url = url
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  focus(): void {
    this.focused++
  }

  close(): void {
    this.#isDestroyed = true
    this.emit('closed')
  }
}
