import type { KeyOutcome, KeyRequestOptions, StoreKeyProvider } from '@accountry/accounts'
import { checkKey, checkName } from './arguments.ts'
import { throwIfAborted } from './deadline.ts'

/**
 * Keeps the key in this object's memory: for tests, and for a process that must leave no usable vault behind.
 *
 * Managers of one process share a vault by sharing the instance. Another process, or this one after a restart, finds
 * the vault with its key lost. The protection is `os-user`: nothing is stored, and the OS keeps other users out of the
 * memory of a process.
 */
export function volatileKey(): StoreKeyProvider {
  return new VolatileKey()
}

class VolatileKey implements StoreKeyProvider {
  readonly id = 'volatile'
  readonly kind = 'store'
  readonly protection = 'os-user'
  readonly volatile = true
  readonly #keys = new Map<string, Uint8Array>()

  async load(name: string, options?: KeyRequestOptions): Promise<KeyOutcome> {
    checkName(name)
    throwIfAborted(options?.signal)
    const key = this.#keys.get(name)
    if (key === undefined) return { kind: 'absent', why: 'this process keeps no such key in memory' }
    return { kind: 'found', key: Uint8Array.from(key) }
  }

  async store(name: string, key: Uint8Array): Promise<void> {
    checkName(name)
    checkKey(key)
    this.#keys.set(name, Uint8Array.from(key))
  }

  async delete(name: string): Promise<void> {
    checkName(name)
    this.#keys.get(name)?.fill(0)
    this.#keys.delete(name)
  }
}
