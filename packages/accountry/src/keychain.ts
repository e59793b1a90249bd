export type * from '@accountry/keychain'
export {
  environmentKey,
  fileKey,
  firstAvailable,
  osKeychain,
  passphraseKey,
  safeStorageKey,
  volatileKey,
} from '@accountry/keychain'
