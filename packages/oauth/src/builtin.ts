/**
 * Node's own modules that take milliseconds to load, loaded at their first use: importing the package must stay cheap
 * for a program that signs nobody in.
 */
export function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}

export function nodeNet(): typeof import('node:net') {
  return process.getBuiltinModule('node:net')
}
