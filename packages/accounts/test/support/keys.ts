import type { StoreKeyProvider } from '@accountry/accounts'

/** A provider whose key is there from the start, the same in every process that names the same number. */
export function fixedKey(seed = 7, id = 'fixed'): StoreKeyProvider {
  return {
    id,
    kind: 'store',
    protection: 'os-user',
    load: async () => ({ kind: 'found', key: new Uint8Array(32).fill(seed) }),
    store: () => Promise.reject(new Error('the fixed key is never stored')),
    delete: () => Promise.resolve(),
  }
}
