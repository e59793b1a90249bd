import { preloadPath } from './preload-path.ts'

/** The part of `webPreferences` that decides how far a page reaches. */
export interface SecureWebPreferences {
  readonly preload: string
  readonly sandbox: true
  readonly contextIsolation: true
  readonly nodeIntegration: false
  readonly nodeIntegrationInWorker: false
  readonly nodeIntegrationInSubFrames: false
  readonly webSecurity: true
  readonly webviewTag: false
}

/**
 * The `webPreferences` of a window that may show accounts: Electron's safe defaults, written out, and the preload script.
 *
 * @param preload Default: the ready one, see {@link preloadPath}.
 */
export function secureWebPreferences(preload: string = preloadPath()): SecureWebPreferences {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
  }
}
