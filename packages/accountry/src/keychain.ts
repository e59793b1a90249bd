export type * from '@accountry/keychain'
export {
  environmentKey,
  fileKey,
  firstAvailable,
  importFromKeytar,
  keytarKeychain,
  osKeychain,
  passphraseKey,
  safeStorageKey,
  volatileKey,
} from '@accountry/keychain'
