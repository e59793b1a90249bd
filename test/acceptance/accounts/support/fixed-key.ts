import type { StoreKeyProvider } from '@accountry/accounts'

/** A key that every process has from the start. */
export function fixedKey(): StoreKeyProvider {
  return {
    id: 'fixed',
    kind: 'store',
    protection: 'os-user',
    load: async () => ({ kind: 'found', key: new Uint8Array(32).fill(7) }),
    store: () => Promise.reject(new Error('the fixed key is never stored')),
    delete: () => Promise.resolve(),
  }
}
