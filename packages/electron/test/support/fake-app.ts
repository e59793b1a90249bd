import { EventEmitter } from 'node:events'

/** One person's desktop: who holds the single-instance lock, and what is registered. */
export class FakeDesktop {
  primary: FakeApp | undefined
  /** By scheme: what the system starts. */
  readonly protocolClients = new Map<string, { readonly path?: string; readonly args?: readonly string[] }>()
  acceptsProtocols = true

  /** Starts the app. On Windows and Linux a link that is opened comes as an argument. */
  launch(...argv: string[]): FakeApp {
    return new FakeApp(this, ['/opt/agenda/agenda', ...argv])
  }
}

/** `app`. */
export class FakeApp extends EventEmitter {
  readonly desktop: FakeDesktop
  readonly argv: readonly string[]

  constructor(desktop: FakeDesktop, argv: readonly string[]) {
    super()
    this.desktop = desktop
    this.argv = argv
  }

  /** What is used of Electron's `process`. */
  get process(): { argv: readonly string[]; execPath: string } {
    return { argv: this.argv, execPath: '/opt/agenda/agenda' }
  }

  requestSingleInstanceLock(): boolean {
    const { primary } = this.desktop
    if (primary !== undefined && primary !== this) {
      primary.emit('second-instance', {}, [...this.argv], '/home/ana', undefined)
      return false
    }
    this.desktop.primary = this
    return true
  }

  setAsDefaultProtocolClient(protocol: string, path?: string, args?: string[]): boolean {
    if (!this.desktop.acceptsProtocols) return false
    this.desktop.protocolClients.set(protocol, { ...(path !== undefined && { path }), ...(args && { args }) })
    return true
  }

  /** The app ends. */
  quit(): void {
    if (this.desktop.primary === this) this.desktop.primary = undefined
    this.removeAllListeners()
  }

  /** macOS hands over a link. @returns Whether the app took it. */
  openUrl(url: string): boolean {
    let isTaken = false
    const preventDefault = (): void => {
      isTaken = true
    }
    this.emit('open-url', { preventDefault, defaultPrevented: false }, url)
    return isTaken
  }
}

/** `shell`: remembers what it was told to open. */
export class FakeShell {
  readonly opened: string[] = []
  /** What the browser does with it. */
  browse: (url: string) => Promise<void> = async () => undefined

  async openExternal(url: string): Promise<void> {
    this.opened.push(url)
    await this.browse(url)
  }
}

/** `powerMonitor`. */
export class FakePowerMonitor extends EventEmitter {
  onBatteryPower = false

  isOnBatteryPower(): boolean {
    return this.onBatteryPower
  }
}

/** `net`. */
export class FakeNet {
  online = true

  isOnline(): boolean {
    return this.online
  }
}
