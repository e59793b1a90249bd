/**
 * Node's own modules that take milliseconds to load, loaded at their first use.
 *
 * Importing the package must stay cheap for a command that never opens a vault.
 */
export function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

export function nodeSqlite(): typeof import('node:sqlite') {
  return process.getBuiltinModule('node:sqlite')
}
