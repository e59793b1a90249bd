import type * as Electron from 'electron'
import { describe, expectTypeOf, it } from 'vitest'
import type {
  AccountsHostOptions,
  AppLinksOptions,
  claimAppLinks,
  createAccountsHost,
  ElectronEnvironmentOptions,
  electronInteraction,
  HostContents,
  HostFrame,
  HostInvokeEvent,
  HostIpc,
  LinkApp,
  LinkShell,
  OnlineSource,
  PowerSource,
  SafeStorage,
  SettingsWindowOptions,
  secureWebPreferences,
} from '../src/main/index.ts'
import type { PreloadElectron } from '../src/preload/index.ts'
import type { FakeApp, FakeNet, FakePowerMonitor, FakeShell } from './support/fake-app.ts'
import type { FakeBrowserWindow } from './support/fake-browser-window.ts'
import type { FakeFrame, FakeWebContents } from './support/fake-frames.ts'
import type { FakeInvokeEvent, FakeIpcMain } from './support/fake-ipc.ts'

/** What of an interface the fake stands in for. */
type Part<Whole, Names extends keyof Whole> = Pick<Whole, Names>

describe("Electron's own definitions", () => {
  it('are there', () => {
    expectTypeOf<Electron.App>().not.toBeAny()
    expectTypeOf<Electron.WebContents>().not.toBeAny()
    expectTypeOf<typeof Electron.contextBridge>().not.toBeAny()
  })

  it('fit what the main process asks for', () => {
    expectTypeOf<Electron.WebFrameMain>().toExtend<HostFrame>()
    expectTypeOf<Electron.WebContents>().toExtend<HostContents>()
    expectTypeOf<Electron.IpcMainInvokeEvent>().toExtend<HostInvokeEvent>()
    expectTypeOf<Electron.IpcMain>().toExtend<HostIpc>()
    expectTypeOf<Electron.App>().toExtend<LinkApp>()
    expectTypeOf<Electron.Shell>().toExtend<LinkShell>()
    expectTypeOf<Electron.PowerMonitor>().toExtend<PowerSource>()
    expectTypeOf<Electron.Net>().toExtend<OnlineSource>()
    expectTypeOf<Electron.SafeStorage>().toExtend<SafeStorage>()
  })

  it('fit the options, as an app passes them', () => {
    expectTypeOf<Electron.IpcMain>().toExtend<AccountsHostOptions['ipcMain']>()
    expectTypeOf<Electron.App>().toExtend<AppLinksOptions['app']>()
    expectTypeOf<Electron.Net>().toExtend<ElectronEnvironmentOptions['net']>()
    expectTypeOf<Electron.BrowserWindow>().toExtend<Parameters<ReturnType<typeof createAccountsHost>['attach']>[0]>()
    expectTypeOf<typeof Electron.BrowserWindow>().toExtend<
      SettingsWindowOptions<Electron.BrowserWindow>['BrowserWindow']
    >()
    expectTypeOf<Parameters<typeof electronInteraction>[0]>().toEqualTypeOf<LinkShell>()
    expectTypeOf<Parameters<typeof claimAppLinks>[0]>().toEqualTypeOf<AppLinksOptions>()
    expectTypeOf<ReturnType<typeof secureWebPreferences>>().toExtend<Electron.WebPreferences>()
  })

  it('fit what the preload script asks for', () => {
    expectTypeOf<typeof Electron.contextBridge>().toExtend<PreloadElectron['contextBridge']>()
    expectTypeOf<typeof Electron.ipcRenderer>().toExtend<PreloadElectron['ipcRenderer']>()
  })

  it('have the members that the fakes have, with the same types', () => {
    expectTypeOf<FakeFrame>().toExtend<
      Part<
        Electron.WebFrameMain,
        'url' | 'origin' | 'processId' | 'routingId' | 'frameToken' | 'detached' | 'isDestroyed' | 'send'
      >
    >()
    expectTypeOf<FakeWebContents>().toExtend<Part<Electron.WebContents, 'id' | 'isDestroyed'>>()
    expectTypeOf<FakeInvokeEvent>().toExtend<
      Part<Electron.IpcMainInvokeEvent, 'type' | 'frameId' | 'processId' | 'defaultPrevented' | 'preventDefault'>
    >()
    expectTypeOf<FakeIpcMain>().toExtend<Part<Electron.IpcMain, 'removeHandler'>>()
    expectTypeOf<Parameters<FakeIpcMain['handle']>[0]>().toEqualTypeOf<Parameters<Electron.IpcMain['handle']>[0]>()
    expectTypeOf<FakeApp>().toExtend<
      Part<Electron.App, 'requestSingleInstanceLock' | 'setAsDefaultProtocolClient' | 'quit'>
    >()
    expectTypeOf<FakeShell>().toExtend<Part<Electron.Shell, 'openExternal'>>()
    expectTypeOf<FakePowerMonitor>().toExtend<Part<Electron.PowerMonitor, 'isOnBatteryPower' | 'onBatteryPower'>>()
    expectTypeOf<FakeNet>().toExtend<Part<Electron.Net, 'isOnline' | 'online'>>()
    expectTypeOf<FakeBrowserWindow>().toExtend<
      Part<Electron.BrowserWindow, 'loadURL' | 'isDestroyed' | 'focus' | 'close'>
    >()
  })

  it('have every event that is listened to', () => {
    const listener = (): void => undefined
    const listen = (contents: Electron.WebContents, app: Electron.App, power: Electron.PowerMonitor): void => {
      contents.on('destroyed', listener).on('did-navigate', listener).on('render-process-gone', listener)
      contents.on('will-frame-navigate', ({ url }) => expectTypeOf(url).toEqualTypeOf<string>())
      contents.on('will-redirect', ({ url }) => expectTypeOf(url).toEqualTypeOf<string>())
      app.on('second-instance', (_event, argv) => expectTypeOf(argv).toEqualTypeOf<string[]>())
      app.on('open-url', (_event, url) => expectTypeOf(url).toEqualTypeOf<string>())
      power.on('suspend', listener).on('resume', listener).on('on-ac', listener).on('on-battery', listener)
    }
    expectTypeOf(listen).toBeFunction()
  })
})
