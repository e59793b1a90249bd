export type { SafeStorage, SafeStorageDecryption, SafeStorageKeyOptions } from '@accountry/keychain'
export { safeStorageKey } from '@accountry/keychain'
export type { BridgeCall } from '../bridge/calls.ts'
export type { BridgeEvent } from '../bridge/events.ts'
export type { AccountsHost, AttachOptions } from './accounts-host.ts'
export { createAccountsHost } from './accounts-host.ts'
export type { AppLinks, AppLinksOptions, LinkProcess } from './app-links.ts'
export { claimAppLinks } from './app-links.ts'
export type { ElectronEnvironmentOptions } from './electron-environment.ts'
export { electronEnvironment } from './electron-environment.ts'
export type {
  ContentsEnding,
  HostContents,
  HostFrame,
  HostInvokeEvent,
  HostIpc,
  LinkApp,
  LinkShell,
  OnlineSource,
  PowerEvent,
  PowerSource,
} from './electron-types.ts'
export type { AccountsHostOptions, ExposedTokenType, HostLimits, RequestPolicy, SignIn } from './host-options.ts'
export { electronInteraction } from './open-externally.ts'
export { preloadPath } from './preload-path.ts'
export type { SecureWebPreferences } from './secure-web-preferences.ts'
export { secureWebPreferences } from './secure-web-preferences.ts'
export type {
  SettingsBrowserWindow,
  SettingsWindow,
  SettingsWindowOptions,
  SettingsWindowShape,
} from './settings-window.ts'
export { openSettingsWindow } from './settings-window.ts'
export type { TrafficLimits } from './traffic.ts'
