/**
 * Every name under which the project shows itself to the outside: folders, keychain entries, environment
 * variables, error markers and diagnostic channels. A fork changes this file and nothing else.
 */
export const project = {
  /** Folder below the per-user data directory that holds the vaults. */
  folder: 'accountry',
  /** Service name of the entries in the OS keychain. */
  keychainService: 'accountry',
  /** Prefix of environment variables. */
  environmentPrefix: 'ACCOUNTRY_',
  /** Key of `Symbol.for` that marks an AccountError across copies of the package. */
  errorMarker: 'accountry.error',
  /** Prefix of `diagnostics_channel` names. */
  channelPrefix: 'accountry:',
  /** Prefix of the channels between the processes of an Electron app, and the object that its pages see. */
  bridge: 'accountry',
} as const
