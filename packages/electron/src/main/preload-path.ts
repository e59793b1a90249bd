import { fileURLToPath } from 'node:url'

/**
 * The path of the ready preload script, for `webPreferences.preload`.
 *
 * It lies in the published package; in a checkout `pnpm build` writes it. An app that bundles its main process copies the `preload.cjs` of this package next
 * to its bundle and names that instead.
 */
export function preloadPath(): string {
  // The sources run as they are; what is built from them lies beside them.
  const place = import.meta.url.endsWith('.ts') ? '../../dist/preload' : '../preload'
  return fileURLToPath(new URL(`${place}/preload-main.cjs`, import.meta.url))
}
