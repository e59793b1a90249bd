/** How well a key is guarded: by the OS per app, by the OS per user, by a passphrase, or not at all. */
export type KeyProtection = 'os-acl' | 'os-user' | 'passphrase' | 'none'

/**
 * What came of asking for a key. The kinds are never conflated: `absent` is a positive "there is none", never a
 * store that could not be read.
 */
export type KeyOutcome =
  | {
      readonly kind: 'found'
      readonly key: Uint8Array
      /** Of a wrapping provider: the OS has a newer key, so the blob should be wrapped again and replaced. */
      readonly rewrap?: boolean
    }
  | { readonly kind: 'absent' | 'locked' | 'denied' | 'corrupt' | 'unavailable'; readonly why: string }

export interface KeyRequestOptions {
  /** Whether the store may prompt the person. Default `'never'`. */
  readonly interaction?: 'never' | 'allow'
  readonly signal?: AbortSignal
}

interface KeyProviderBase {
  /** Stable and unique: it is recorded in the vault, and a later run looks for the same one. */
  readonly id: string
  readonly protection: KeyProtection
  /** The key is gone when the process ends. */
  readonly volatile?: boolean
}

/** Keeps one small key under a name; never tokens. */
export interface StoreKeyProvider extends KeyProviderBase {
  readonly kind: 'store'
  load(name: string, options?: KeyRequestOptions): Promise<KeyOutcome>
  /** Rejects with an AccountError; a provider that cannot store (an environment variable) rejects `ERR_UNSUPPORTED`. */
  store(name: string, key: Uint8Array): Promise<void>
  /** Deleting what is not there succeeds. */
  delete(name: string): Promise<void>
  /** A ladder: the providers among which one is chosen when the vault is made, and recorded in it. */
  readonly ladder?: readonly KeyProvider[]
}

/** Encrypts the key into a blob that lies in the vault's header: safeStorage, a KMS, a passphrase. */
export interface WrapKeyProvider extends KeyProviderBase {
  readonly kind: 'wrap'
  wrap(key: Uint8Array, options?: KeyRequestOptions): Promise<Uint8Array>
  unwrap(blob: Uint8Array, options?: KeyRequestOptions): Promise<KeyOutcome>
}

/** Where the key of a vault comes from. */
export type KeyProvider = StoreKeyProvider | WrapKeyProvider
