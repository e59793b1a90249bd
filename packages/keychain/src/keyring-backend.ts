import { project } from '@accountry/accounts/contract'
import type { KeychainBackend } from './keychain-backend.ts'
import { keychainFailure } from './keychain-failure.ts'
import { readInHelper } from './keychain-helper.ts'
import { type KeyringBinding, type KeyringEntry, keyringModulePath, PINNED_STORE } from './keyring-binding.ts'
import type { ItemAttributes } from './secret-service.ts'

/** Each entry holds a connection to the bus until it is collected, and the module spins at 1024 open files. */
const MAX_ENTRIES = 8

export interface KeyringBackendOptions {
  readonly binding: () => KeyringBinding
  /** An executable that runs the code it is given, for reads that may have to be killed. */
  readonly node: string | undefined
  readonly environment: NodeJS.ProcessEnv
}

/** The entries of `@napi-rs/keyring`: one is made per key and used again. */
export class KeyringBackend implements KeychainBackend {
  readonly moduleName = '@napi-rs/keyring'
  readonly readKillably: KeychainBackend['readKillably']
  readonly #options: KeyringBackendOptions
  readonly #entries = new Map<string, KeyringEntry>()

  constructor(options: KeyringBackendOptions) {
    this.#options = options
    const { node, environment } = options
    if (node === undefined) return
    this.readKillably = async (name, signal) =>
      await readInHelper({ node, environment, modulePath: keyringModulePath(), name, signal })
  }

  load(): void {
    this.#options.binding()
  }

  attributesOf(name: string): ItemAttributes {
    return { service: project.keychainService, username: name }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const secret = await this.#use(name, (entry) => entry.getSecret())
    return secret === null || secret === undefined ? undefined : Uint8Array.from(secret)
  }

  async write(name: string, key: Uint8Array): Promise<void> {
    await this.#use(name, (entry) => entry.setSecret(key))
  }

  async remove(name: string): Promise<void> {
    await this.#use(name, (entry) => entry.deleteCredential())
  }

  async #use<T>(name: string, action: (entry: KeyringEntry) => Promise<T>): Promise<T> {
    const known = this.#entries.get(name)
    if (known !== undefined) {
      try {
        return await action(known)
      } catch (error) {
        this.#entries.delete(name)
        // An entry's session ends with the service that granted it; after a restart only a new entry works. A refusal
        // is final: trying again would ask the person again.
        if (keychainFailure(error).kind !== 'unavailable') throw error
      }
    }
    const { AsyncEntry } = this.#options.binding()
    const entry = new AsyncEntry(project.keychainService, name, PINNED_STORE)
    const result = await action(entry)
    this.#remember(name, entry)
    return result
  }

  #remember(name: string, entry: KeyringEntry): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(name, entry)
  }
}
