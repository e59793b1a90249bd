import type { KeyProvider } from '@accountry/accounts'

/** A key that every process of a test knows, so that they can share a vault without a keychain. */
export function fixedKey(): KeyProvider {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
  return {
    id: 'fixed',
    kind: 'store',
    protection: 'none',
    load: async () => ({ kind: 'found', key: Uint8Array.from(key) }),
    store: async () => undefined,
    delete: async () => undefined,
  }
}
