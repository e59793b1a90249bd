/**
 * What of Electron the main process uses, written out: every version that has it fits, and tests can stand in for it.
 * `test/electron-types.test.ts` holds it against Electron's own definitions.
 */

/** Of `WebFrameMain`. */
export interface HostFrame {
  readonly origin: string
  readonly url: string
  readonly parent: object | null
  readonly processId: number
  readonly routingId: number
  readonly frameToken: string
  readonly detached: boolean
  isDestroyed(): boolean
  send(channel: string, ...args: unknown[]): void
}

/** When what a page began is over. */
export type ContentsEnding = 'destroyed' | 'did-navigate' | 'render-process-gone'

/** Of `WebContents`. */
export interface HostContents {
  readonly id: number
  readonly mainFrame: HostFrame
  isDestroyed(): boolean
  on(event: ContentsEnding, listener: () => void): unknown
  off(event: ContentsEnding, listener: () => void): unknown
}

/** Of `IpcMainInvokeEvent`. */
export interface HostInvokeEvent {
  readonly sender: HostContents
  /** The process and the routing id of the frame that sent it. */
  readonly processId: number
  readonly frameId: number
  /** `null` when the frame has gone or navigated meanwhile. */
  readonly senderFrame: HostFrame | null
}

/** Of `ipcMain`. */
export interface HostIpc {
  handle(channel: string, listener: (event: HostInvokeEvent, ...args: unknown[]) => Promise<unknown>): void
  removeHandler(channel: string): void
}

/** Of `app`. */
export interface LinkApp {
  requestSingleInstanceLock(): boolean
  setAsDefaultProtocolClient(protocol: string, path?: string, args?: string[]): boolean
  on(event: 'second-instance', listener: (event: unknown, argv: string[]) => void): unknown
  on(event: 'open-url', listener: (event: { preventDefault(): void }, url: string) => void): unknown
  off(event: 'second-instance', listener: (event: unknown, argv: string[]) => void): unknown
  off(event: 'open-url', listener: (event: { preventDefault(): void }, url: string) => void): unknown
}

/** Of `shell`. */
export interface LinkShell {
  openExternal(url: string): Promise<void>
}

export type PowerEvent = 'suspend' | 'resume' | 'on-ac' | 'on-battery'

/** Of `powerMonitor`. */
export interface PowerSource {
  isOnBatteryPower(): boolean
  on(event: PowerEvent, listener: () => void): unknown
  off(event: PowerEvent, listener: () => void): unknown
}

/** Of `net`. */
export interface OnlineSource {
  isOnline(): boolean
}
