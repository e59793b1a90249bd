import { kindOf } from './account.ts'
import { AccountError } from './errors.ts'

/** Largest token or password in bytes. */
export const MAX_SECRET_BYTES: number = 256 * 1_024
/** Largest value of user data, of a field and of all claims together, in bytes. */
export const MAX_USER_DATA_BYTES: number = 1_024 * 1_024
/** Largest key of user data in bytes. */
export const MAX_KEY_BYTES = 256

/** Longest issuer, client id or subject in bytes. */
export const MAX_IDENTITY_BYTES = 2_048
/** Most bytes of all scopes of one token. */
export const MAX_SCOPES_BYTES = 16_384
/** Most characters of all user data, or all fields, of one account. */
export const MAX_PROFILE_LENGTH: number = 8 * 1_024 * 1_024
/** Most tokens in one answer. */
export const MAX_TOKENS = 1_000

/**
 * Reads an answer. A getter that throws, a proxy or a cycle is contained: nothing of what a plugin throws here is
 * passed on.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE`, `ERR_LIMIT_EXCEEDED`.
 */
export function contained<T>(type: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const isOwn = error instanceof AccountError && OWN_CODES.has(error.code)
    throw isOwn ? error : invalid(type, 'an object that cannot be read')
  }
}

const OWN_CODES: ReadonlySet<string> = new Set(['ERR_INVALID_RESPONSE', 'ERR_LIMIT_EXCEEDED'])

/** Reads each field once, so that one that changes its mind is seen as what it was when it was checked. */
export function ownFields(answer: unknown, type: string, names: readonly string[]): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw invalid(type, kindOf(answer))
  const fields: Record<string, unknown> = {}
  for (const name of names) {
    const value = (answer as Record<string, unknown>)[name]
    if (value === null) throw invalid(type, `${name}: null`)
    if (value !== undefined) fields[name] = value
  }
  return fields
}

/** A list or a Map looks like a record with other keys, or with none. */
export function checkRecord(value: unknown, type: string, what: string): asserts value is Record<string, unknown> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)
  if (!isRecord) throw invalid(type, `${what} that is ${kindOf(value)}`)
}

/** Also of another realm, and of a class of the plugin's own: only what holds its content elsewhere is none. */
export function isPlain(value: object): boolean {
  return !(value instanceof Map || value instanceof Set || value instanceof Date || ArrayBuffer.isView(value))
}

export function isPrototypeKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

export function jsonOf(value: unknown, type: string, what: string): string {
  try {
    const text: unknown = JSON.stringify(value)
    if (typeof text === 'string') return text
  } catch {
    // A cycle, a BigInt, or a toJSON that throws.
  }
  throw invalid(type, `${what} that are no JSON`)
}

export function optionalText(value: unknown, type: string, what: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalid(type, `${what} that is ${kindOf(value)}`)
}

/** Index data, which every process holds in memory. */
export function identityPart(value: unknown, type: string, what: string): string | undefined {
  const text = optionalText(value, type, what)
  if (text !== undefined) checkBytes(text, MAX_IDENTITY_BYTES, type, what)
  return text
}

export function checkBytes(text: string, most: number, type: string, what: string): void {
  const bytes = Buffer.byteLength(text)
  if (bytes > most) throw tooLarge(type, what, bytes)
}

export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 8.64e15
}

export function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

export function invalid(type: string, what: string): AccountError {
  return new AccountError('ERR_INVALID_RESPONSE', `the authenticator of ${type} answered ${what}; tell its developer`, {
    action: 'contact-developer',
  })
}

export function tooLarge(type: string, what: string, size: number): AccountError {
  return new AccountError(
    'ERR_LIMIT_EXCEEDED',
    `the authenticator of ${type} answered a ${what} of ${size} bytes, which is too large`,
  )
}
