import type { ItemAttributes } from './secret-service.ts'

/** A native module that reaches the keychain of this machine. Its failures are classed by their text. */
export interface KeychainBackend {
  /** For messages about a module that cannot be loaded. */
  readonly moduleName: string
  /** Loads the module. */
  load(): void
  /** How the Secret Service finds the entry that the module keeps under this name. */
  attributesOf(name: string): ItemAttributes
  /** Resolves `undefined` when there is none, or when the module cannot tell. */
  read(name: string): Promise<Uint8Array | undefined>
  write(name: string, key: Uint8Array): Promise<void>
  remove(name: string): Promise<void>
  /** Reads where waiting for a person can be ended: in a process of its own. */
  readonly readKillably?: ((name: string, signal: AbortSignal) => Promise<Uint8Array | undefined>) | undefined
}
