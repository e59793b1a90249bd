import type { StoreKeyProvider } from '@accountry/accounts'
import { project } from '@accountry/accounts/contract'
import { checkDurationMs, checkObject } from '../arguments.ts'
import { hostProcess } from '../host-process.ts'
import type { KeychainBackend } from '../keychain-backend.ts'
import { KeychainStore } from '../keychain-store.ts'
import type { ItemAttributes } from '../secret-service.ts'
import { checkKeytar, type Keytar } from './keytar.ts'

export interface KeytarKeychainOptions {
  /** How long a call that asks nobody may take, in milliseconds. Default 3 000. */
  readonly deadlineMs?: number
  /** How long a person has to answer an unlock prompt, in milliseconds. Default 120 000. */
  readonly promptDeadlineMs?: number
}

/**
 * Keeps the vault's key in the OS keychain through keytar 7, for an app that ships it already.
 *
 * keytar is archived, and cannot be installed without a compiler; a new app takes {@link osKeychain}. The rules are the
 * same: nothing prompts unless `interaction: 'allow'` is passed, and a locked keychain is `locked`, although keytar
 * itself answers it as an absent key. The two do not find each other's entries.
 *
 * @param keytar The module: `keytarKeychain(await import('keytar'))`.
 * @throws TypeError or RangeError for a wrong argument.
 */
export function keytarKeychain(keytar: Keytar, options: KeytarKeychainOptions = {}): StoreKeyProvider {
  checkKeytar(keytar)
  checkObject(options, 'options')
  const { deadlineMs = 3000, promptDeadlineMs = 120_000 } = options
  checkDurationMs(deadlineMs, 'deadlineMs')
  checkDurationMs(promptDeadlineMs, 'promptDeadlineMs')
  const { platform, environment } = hostProcess()
  const backend = new KeytarBackend(keytar)
  return new KeychainStore({ id: 'keytar', platform, environment, backend, deadlineMs, promptDeadlineMs })
}

/** keytar cuts text at NUL, so the key is kept as base64. */
class KeytarBackend implements KeychainBackend {
  readonly moduleName = 'keytar'
  readonly #keytar: Keytar

  constructor(keytar: Keytar) {
    this.#keytar = keytar
  }

  load(): void {
    // The app has loaded it.
  }

  attributesOf(name: string): ItemAttributes {
    return { service: project.keychainService, account: name }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const text = await this.#keytar.getPassword(project.keychainService, name)
    if (text === null || text === undefined) return undefined
    // What is no text is no key either, and is told from an entry that is not there.
    return Uint8Array.from(Buffer.from(typeof text === 'string' ? text : '', 'base64'))
  }

  async write(name: string, key: Uint8Array): Promise<void> {
    await this.#keytar.setPassword(project.keychainService, name, Buffer.from(key).toString('base64'))
  }

  async remove(name: string): Promise<void> {
    await this.#keytar.deletePassword(project.keychainService, name)
  }
}
