import { checkedName, kindOf } from './account.ts'
import type { IssuedToken } from './auth-token.ts'
import type { NewAccount } from './authenticator.ts'
import { AccountError, isAccountError } from './errors.ts'

/** Largest token or password in bytes. */
export const MAX_SECRET_BYTES: number = 256 * 1_024
/** Largest value of user data, of a field and of all claims together, in bytes. */
export const MAX_USER_DATA_BYTES: number = 1_024 * 1_024
/** Largest key of user data in bytes. */
export const MAX_KEY_BYTES = 256

const HEADER_VALUE = /^[\x20-\x7e]+$/

/**
 * Takes from an authenticator's answer only what a token consists of.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE`, `ERR_LIMIT_EXCEEDED`.
 */
export function checkedIssuedToken(answer: unknown, type: string): IssuedToken {
  const { value, expiresAt, scheme, scopes } = ownFields(answer, type, ['value', 'expiresAt', 'scheme', 'scopes'])
  if (typeof value !== 'string' || value === '') throw invalid(type, `a token whose value is ${kindOf(value)}`)
  if (!HEADER_VALUE.test(value)) throw invalid(type, 'a token with characters that no header may hold')
  if (value.length > MAX_SECRET_BYTES) throw tooLarge(type, 'token', value.length)
  if (expiresAt !== undefined && !isInstant(expiresAt)) throw invalid(type, 'a token whose expiresAt is no instant')
  if (scheme !== undefined && !(typeof scheme === 'string' && /^[\w-]{1,32}$/.test(scheme))) {
    throw invalid(type, 'a token with an unusable scheme')
  }
  if (scopes !== undefined && !isStringList(scopes)) throw invalid(type, 'a token whose scopes are no list of strings')
  return { value, expiresAt, scheme, scopes: scopes === undefined ? undefined : [...scopes] }
}

/** A token that a caller passes: mistakes in it are the caller's, not an authenticator's. */
export function tokenArgument(token: unknown, type: string): IssuedToken {
  try {
    return checkedIssuedToken(token, type)
  } catch (error) {
    if (!isAccountError(error) || error.code !== 'ERR_INVALID_RESPONSE') throw error
    throw new TypeError(`token must be { value, expiresAt?, scheme?, scopes? }, received ${kindOf(token)}`)
  }
}

/**
 * Takes from an authenticator's answer only what a new account consists of.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE`, `ERR_LIMIT_EXCEEDED`.
 */
export function checkedNewAccount(answer: unknown, type: string): NewAccount {
  const fields = ownFields(answer, type, [
    'name',
    'password',
    'userData',
    'fields',
    'tokens',
    'claims',
    'issuer',
    'clientId',
    'subject',
  ])
  const password = optionalText(fields['password'], type, 'password')
  if (password !== undefined && password.length > MAX_SECRET_BYTES) throw tooLarge(type, 'password', password.length)
  return {
    name: checkedAccountName(fields['name'], type),
    password,
    userData: checkedStrings(fields['userData'], type, 'userData'),
    fields: checkedStrings(fields['fields'], type, 'fields'),
    tokens: checkedTokens(fields['tokens'], type),
    claims: checkedClaims(fields['claims'], type),
    issuer: optionalText(fields['issuer'], type, 'issuer'),
    clientId: optionalText(fields['clientId'], type, 'clientId'),
    subject: optionalText(fields['subject'], type, 'subject'),
  }
}

/** A plain copy of claims: JSON, of limited size, without prototypes. */
export function checkedClaims(claims: unknown, type: string): Record<string, unknown> {
  if (claims === undefined) return {}
  const text = jsonOf(claims, type, 'claims')
  if (text.length > MAX_USER_DATA_BYTES) throw tooLarge(type, 'claims', text.length)
  const copy: unknown = JSON.parse(text, (key, value) => (key === '__proto__' ? undefined : value))
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) throw invalid(type, 'claims that are no object')
  return copy as Record<string, unknown>
}

/** A plain copy of string keys and values. */
export function checkedStrings(value: unknown, type: string, what: string): Record<string, string> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) throw invalid(type, `${what} that is ${kindOf(value)}`)
  const copy: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [key, text] of Object.entries(value)) {
    if (text === undefined) continue
    if (typeof text !== 'string') throw invalid(type, `${what} whose value is ${kindOf(text)}`)
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw tooLarge(type, `key of ${what}`, Buffer.byteLength(key))
    if (text.length > MAX_USER_DATA_BYTES) throw tooLarge(type, `value of ${what}`, text.length)
    copy[key] = text
  }
  return copy
}

function checkedTokens(value: unknown, type: string): Record<string, IssuedToken> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) throw invalid(type, `tokens that are ${kindOf(value)}`)
  const copy: Record<string, IssuedToken> = Object.create(null) as Record<string, IssuedToken>
  for (const [key, token] of Object.entries(value)) copy[key] = checkedIssuedToken(token, type)
  return copy
}

function checkedAccountName(name: unknown, type: string): string {
  try {
    return checkedName(name, 'name')
  } catch (error) {
    if (error instanceof TypeError) throw invalid(type, `an account without a usable name (${error.message})`)
    throw error
  }
}

/** Reads each field once, so that a getter that throws or changes its mind is contained. */
function ownFields(answer: unknown, type: string, names: readonly string[]): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null) throw invalid(type, kindOf(answer))
  const fields: Record<string, unknown> = {}
  try {
    for (const name of names) {
      const value = (answer as Record<string, unknown>)[name]
      if (value === null) throw invalid(type, `${name}: null`)
      if (value !== undefined) fields[name] = value
    }
  } catch (error) {
    if (error instanceof AccountError) throw error
    throw invalid(type, 'an object that cannot be read')
  }
  return fields
}

function jsonOf(value: unknown, type: string, what: string): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    throw invalid(type, `${what} that are no JSON`)
  }
}

function optionalText(value: unknown, type: string, what: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalid(type, `${what} that is ${kindOf(value)}`)
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 8.64e15
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function invalid(type: string, what: string): AccountError {
  return new AccountError('ERR_INVALID_RESPONSE', `the authenticator of ${type} answered ${what}; tell its developer`, {
    action: 'contact-developer',
  })
}

function tooLarge(type: string, what: string, size: number): AccountError {
  return new AccountError(
    'ERR_LIMIT_EXCEEDED',
    `the authenticator of ${type} answered a ${what} of ${size} bytes, which is too large`,
  )
}
