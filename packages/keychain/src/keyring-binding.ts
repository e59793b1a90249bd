import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** One entry of the OS keychain. */
export interface KeyringEntry {
  /** Resolves `null` when there is none. */
  getSecret(): Promise<ArrayLike<number> | null>
  setSecret(secret: Uint8Array): Promise<void>
  deleteCredential(): Promise<boolean>
}

/** The part of `@napi-rs/keyring` 2 that {@link osKeychain} uses. */
export interface KeyringBinding {
  readonly AsyncEntry: new (
    service: string,
    username: string,
    options?: { linux?: { store?: 'secret-service' } },
  ) => KeyringEntry
}

/** Never let the module choose: without the Secret Service it falls back to a store that is gone at the next reboot. */
export const PINNED_STORE: { readonly linux: { readonly store: 'secret-service' } } = {
  linux: { store: 'secret-service' },
}

// In a variable: bundlers follow literal specifiers, and a native module cannot be bundled.
const MODULE_NAME = '@napi-rs/keyring'

/**
 * The path of the native module's entry file.
 *
 * @throws Error with code `MODULE_NOT_FOUND` when it is not installed beside this package or the app.
 */
export function keyringModulePath(): string {
  return createRequire(ownLocation()).resolve(MODULE_NAME)
}

/** @throws Error when it is not installed, or has no binary for this platform. */
export function loadKeyringBinding(): KeyringBinding {
  return createRequire(ownLocation())(MODULE_NAME) as KeyringBinding
}

/** A bundler that writes CommonJS leaves `import.meta.url` empty; the program's own file is beside its modules then. */
function ownLocation(): string {
  const url: string | undefined = import.meta.url
  return url ?? pathToFileURL(process.argv[1] ?? process.execPath).href
}
