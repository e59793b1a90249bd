import { fileURLToPath } from 'node:url'

/**
 * The path of the ready preload script, for `webPreferences.preload`.
 *
 * It lies beside this module in the published package. An app that bundles its main process copies
 * the `preload.cjs` of this package next to its bundle and names that instead.
 */
export function preloadPath(): string {
  return fileURLToPath(new URL('../preload/preload-main.cjs', import.meta.url))
}
