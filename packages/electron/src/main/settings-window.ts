import type { AccountManager } from '@accountry/accounts'
import type { PageInteraction, SettingsPage } from '@accountry/settings'
import type { SyncManager } from '@accountry/sync'
import type { LinkShell } from './electron-types.ts'
import { checkMethods, checkObject } from './host-options.ts'
import { isOpenable, openExternally } from './open-externally.ts'

/** Of `BrowserWindow`, as far as the settings need it. */
export interface SettingsBrowserWindow {
  readonly webContents: {
    setWindowOpenHandler(handler: (details: { readonly url: string }) => { action: 'deny' }): void
    on(
      event: 'will-frame-navigate' | 'will-redirect',
      listener: (details: { readonly url: string; preventDefault(): void }) => void,
    ): unknown
    readonly session: {
      setPermissionRequestHandler(
        handler: (contents: unknown, permission: string, callback: (granted: boolean) => void) => void,
      ): void
      setPermissionCheckHandler(handler: () => boolean): void
    }
  }
  loadURL(url: string): Promise<void>
  once(event: 'closed', listener: () => void): unknown
  isDestroyed(): boolean
  focus(): void
  close(): void
}

export interface SettingsWindowOptions<Window extends SettingsBrowserWindow> {
  /** Electron's `BrowserWindow`. */
  readonly BrowserWindow: new (
    options: SettingsWindowShape,
  ) => Window
  /** Electron's `shell`: links of the page open in the system's browser. */
  readonly shell: LinkShell
  readonly accounts: AccountManager
  readonly sync?: SyncManager
  /** The handler that `accounts` was opened with, when it is one for the page. */
  readonly interaction?: PageInteraction
  /** Default `Accounts & sync`. */
  readonly title?: string
  /** Default 900. */
  readonly width?: number
  /** Default 700. */
  readonly height?: number
}

/** How the window is made. There is no preload script: the page speaks with its own server only. */
export interface SettingsWindowShape {
  readonly title: string
  readonly width: number
  readonly height: number
  readonly autoHideMenuBar: true
  readonly webPreferences: {
    readonly sandbox: true
    readonly contextIsolation: true
    readonly nodeIntegration: false
    readonly webSecurity: true
    readonly webviewTag: false
    /** In memory: the page's cookie ends with the app. */
    readonly partition: string
  }
}

export interface SettingsWindow<Window extends SettingsBrowserWindow> {
  readonly window: Window
  /** Resolves when the window is closed and nothing of the page is served any more. */
  readonly closed: Promise<void>
  close(): void
}

/**
 * Opens the "Accounts & sync" page of the settings package in a window of its own, from which nothing leads away: the
 * page can go nowhere else, open no window, and use neither Node nor the machine's devices.
 *
 * Its server ends with the window. Keep what is returned and focus the window when the person asks again.
 *
 * @throws TypeError for wrong options; what `openSettingsPage` throws.
 */
export async function openSettingsWindow<Window extends SettingsBrowserWindow>(
  options: SettingsWindowOptions<Window>,
): Promise<SettingsWindow<Window>> {
  checkObject(options, 'options')
  checkMethods(options.shell, 'shell', ['openExternal'])
  if (typeof options.BrowserWindow !== 'function') throw new TypeError("BrowserWindow must be Electron's class")
  const { accounts, sync, interaction, title } = options
  const { openSettingsPage } = await import('@accountry/settings')
  const page = await openSettingsPage({
    accounts,
    idleMs: Number.POSITIVE_INFINITY,
    ...(sync !== undefined && { sync }),
    ...(interaction !== undefined && { interaction }),
    ...(title !== undefined && { title }),
  })
  let window: Window | undefined
  try {
    window = new options.BrowserWindow(shapeOf(options))
    const closed = closedWith(window, page)
    confine(window, page.url.origin, options.shell)
    await window.loadURL(page.url.href)
    return { window, closed, close: closing(window) }
  } catch (error) {
    closing(window)()
    await page.close()
    throw error
  }
}

function closing(window: SettingsBrowserWindow | undefined): () => void {
  return () => {
    if (window?.isDestroyed() === false) window.close()
  }
}

function shapeOf({
  title = 'Accounts & sync',
  width = 900,
  height = 700,
}: {
  readonly title?: string
  readonly width?: number
  readonly height?: number
}): SettingsWindowShape {
  return {
    title,
    width,
    height,
    autoHideMenuBar: true,
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      partition: 'accounts-and-sync',
    },
  }
}

async function closedWith(window: SettingsBrowserWindow, page: SettingsPage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  window.once('closed', () => resolve())
  await promise
  await page.close()
}

function confine({ webContents }: SettingsBrowserWindow, origin: string, shell: LinkShell): void {
  webContents.session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false))
  webContents.session.setPermissionCheckHandler(() => false)
  webContents.setWindowOpenHandler(({ url }) => {
    const target = URL.parse(url)
    if (target !== null && target.origin !== origin && isOpenable(target)) {
      openExternally(shell, target).catch(() => undefined)
    }
    return { action: 'deny' }
  })
  const stay = (details: { readonly url: string; preventDefault(): void }): void => {
    if (URL.parse(details.url)?.origin !== origin) details.preventDefault()
  }
  webContents.on('will-frame-navigate', stay)
  webContents.on('will-redirect', stay)
}
