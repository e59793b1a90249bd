import type { HostContents } from './electron-types.ts'

/** What of `webPreferences` decides how far a page reaches. */
interface GuardingPreferences {
  readonly nodeIntegration?: boolean
  readonly nodeIntegrationInWorker?: boolean
  readonly nodeIntegrationInSubFrames?: boolean
  readonly contextIsolation?: boolean
  readonly sandbox?: boolean
  readonly webSecurity?: boolean
}

/**
 * Refuses a window whose page could reach past the bridge (EL-05).
 *
 * Electron tells the preferences of a window through a method that its definitions do not list. Where it is missing,
 * the preload script still refuses pages that are not sandboxed and isolated.
 *
 * @throws TypeError naming the preference.
 */
export function assertGuarded(contents: HostContents): void {
  const preferences = preferencesOf(contents)
  if (preferences === undefined) return
  const unguarded = [
    preferences.nodeIntegration === true && 'nodeIntegration must be false',
    preferences.nodeIntegrationInWorker === true && 'nodeIntegrationInWorker must be false',
    preferences.contextIsolation === false && 'contextIsolation must be true',
    preferences.sandbox === false && 'sandbox must be true',
    preferences.webSecurity === false && 'webSecurity must be true',
  ].filter((reason) => reason !== false)
  if (unguarded.length > 0) {
    throw new TypeError(`webPreferences of a window with accounts: ${unguarded.join(', ')}`)
  }
}

function preferencesOf(contents: HostContents): GuardingPreferences | undefined {
  const { getLastWebPreferences } = contents as { getLastWebPreferences?: () => GuardingPreferences | null }
  return getLastWebPreferences?.call(contents) ?? undefined
}
