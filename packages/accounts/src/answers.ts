import { checkedName, kindOf } from './account.ts'
import {
  checkBytes,
  checkRecord,
  contained,
  identityPart,
  invalid,
  isInstant,
  isPrototypeKey,
  isStringList,
  jsonOf,
  MAX_KEY_BYTES,
  MAX_PROFILE_LENGTH,
  MAX_SCOPES_BYTES,
  MAX_SECRET_BYTES,
  MAX_TOKENS,
  MAX_USER_DATA_BYTES,
  optionalText,
  ownFields,
  tooLarge,
} from './answer-reading.ts'
import type { IssuedToken } from './auth-token.ts'
import type { CredentialUpdate, NewAccount, StartedSession } from './authenticator.ts'
import { isAccountError } from './errors.ts'
import { isOpenable } from './interaction-guard.ts'

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,256}$/
const HEADER_VALUE = /^[\x20-\x7e]+$/

/**
 * Takes from an authenticator's answer only what a token consists of.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE`, `ERR_LIMIT_EXCEEDED`.
 */
export function checkedIssuedToken(answer: unknown, type: string): IssuedToken {
  return contained(type, () => issuedToken(answer, type))
}

function issuedToken(answer: unknown, type: string): IssuedToken {
  const { value, expiresAt, scheme, scopes } = ownFields(answer, type, ['value', 'expiresAt', 'scheme', 'scopes'])
  if (typeof value !== 'string' || value === '') throw invalid(type, `a token whose value is ${kindOf(value)}`)
  if (!HEADER_VALUE.test(value)) throw invalid(type, 'a token with characters that no header may hold')
  checkBytes(value, MAX_SECRET_BYTES, type, 'token')
  if (expiresAt !== undefined && !isInstant(expiresAt)) throw invalid(type, 'a token whose expiresAt is no instant')
  if (scheme !== undefined && !(typeof scheme === 'string' && /^[\w-]{1,32}$/.test(scheme))) {
    throw invalid(type, 'a token with an unusable scheme')
  }
  const copied: unknown = Array.isArray(scopes) ? Array.from(scopes) : scopes
  if (copied !== undefined && !isStringList(copied)) throw invalid(type, 'a token whose scopes are no list of strings')
  if (copied !== undefined) checkBytes(copied.join(' '), MAX_SCOPES_BYTES, type, 'list of scopes')
  return { value, expiresAt, scheme, scopes: copied }
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
  return contained(type, () => newAccount(answer, type))
}

function newAccount(answer: unknown, type: string): NewAccount {
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
  if (password !== undefined) checkBytes(password, MAX_SECRET_BYTES, type, 'password')
  return {
    name: checkedAccountName(fields['name'], type),
    password,
    userData: checkedStrings(fields['userData'], type, 'userData'),
    fields: checkedStrings(fields['fields'], type, 'fields'),
    tokens: checkedTokens(fields['tokens'], type),
    claims: checkedClaims(fields['claims'], type),
    issuer: identityPart(fields['issuer'], type, 'issuer'),
    clientId: identityPart(fields['clientId'], type, 'clientId'),
    subject: identityPart(fields['subject'], type, 'subject'),
  }
}

/** A plain copy of claims: JSON, of limited size, without prototypes. */
export function checkedClaims(claims: unknown, type: string): Record<string, unknown> {
  if (claims === undefined) return {}
  checkRecord(claims, type, 'claims')
  const text = jsonOf(claims, type, 'claims')
  if (text.length > MAX_USER_DATA_BYTES) throw tooLarge(type, 'claims', text.length)
  const copy: unknown = JSON.parse(text, (key, value) => (isPrototypeKey(key) ? undefined : value))
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) throw invalid(type, 'claims that are no object')
  return copy as Record<string, unknown>
}

/** A plain copy of string keys and values. */
export function checkedStrings(value: unknown, type: string, what: string): Record<string, string> {
  if (value === undefined) return {}
  checkRecord(value, type, what)
  const copy: Record<string, string> = Object.create(null) as Record<string, string>
  let total = 0
  for (const [key, text] of Object.entries(value)) {
    if (text === undefined) continue
    if (typeof text !== 'string') throw invalid(type, `${what} whose value is ${kindOf(text)}`)
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw tooLarge(type, `key of ${what}`, Buffer.byteLength(key))
    checkBytes(text, MAX_USER_DATA_BYTES, type, `value of ${what}`)
    total += key.length + text.length
    if (total > MAX_PROFILE_LENGTH) throw tooLarge(type, what, total)
    copy[key] = text
  }
  return copy
}

/**
 * Takes from an authenticator's answer only what a started session consists of: copies, which nobody changes later.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE`, `ERR_LIMIT_EXCEEDED`.
 */
export function checkedStart(answer: unknown, type: string): StartedSession {
  return contained(type, () => {
    const fields = ownFields(answer, type, ['session', 'url', 'statusToken', 'state'])
    checkRecord(fields['session'], type, 'a session')
    const text = jsonOf(fields['session'], type, 'a session')
    if (text.length > MAX_SECRET_BYTES) throw tooLarge(type, 'session', text.length)
    const session: unknown = JSON.parse(text)
    checkRecord(session, type, 'a session')
    const { url } = fields
    if (url !== undefined && !(url instanceof URL)) throw invalid(type, `a url that is ${kindOf(url)}`)
    const copied = url === undefined ? undefined : new URL(url.href)
    if (copied !== undefined && !isOpenable(copied)) throw invalid(type, 'a url that no browser may be sent to')
    const statusToken = optionalText(fields['statusToken'], type, 'a statusToken')
    const state = optionalText(fields['state'], type, 'a state')
    return {
      session,
      ...(copied !== undefined && { url: copied }),
      ...(statusToken !== undefined && { statusToken }),
      ...(state !== undefined && { state }),
    }
  })
}

/** The headers of one request. @throws AccountError `ERR_INVALID_RESPONSE`. */
export function checkedHeaders(answer: unknown, type: string): Record<string, string> {
  return contained(type, () => {
    checkRecord(answer, type, 'headers')
    const entries = Object.entries(answer)
    for (const [name, value] of entries) {
      const isUsable = HEADER_NAME.test(name) && typeof value === 'string' && HEADER_VALUE.test(value)
      if (!isUsable) throw invalid(type, 'a header that no request may have')
    }
    if (entries.length === 0) throw invalid(type, 'no header')
    return Object.fromEntries(entries) as Record<string, string>
  })
}

/** A credential that an authenticator hands over to be kept, as a copy. */
export function checkedUpdate(update: unknown, type: string): CredentialUpdate & { claims?: Record<string, unknown> } {
  return contained(type, () => {
    const names = ['password', 'userData', 'fields', 'claims', 'issuer', 'clientId', 'subject']
    const { userData, fields, claims, ...texts } = ownFields(update, type, names)
    const { password, ...identity } = texts
    if (password !== undefined)
      checkBytes(optionalText(password, type, 'password') ?? '', MAX_SECRET_BYTES, type, 'password')
    for (const [name, value] of Object.entries(identity)) identityPart(value, type, name)
    return {
      ...texts,
      ...(userData !== undefined && { userData: checkedChanges(userData, type, 'userData') }),
      ...(fields !== undefined && { fields: checkedChanges(fields, type, 'fields') }),
      ...(claims !== undefined && { claims: checkedClaims(claims, type) }),
    }
  })
}

/** Strings by key; `undefined` takes a key away. */
function checkedChanges(value: unknown, type: string, what: string): Record<string, string | undefined> {
  checkRecord(value, type, what)
  const copy: Record<string, unknown> = Object.assign(Object.create(null) as Record<string, unknown>, value)
  checkedStrings(copy, type, what)
  return copy as Record<string, string | undefined>
}

function checkedTokens(value: unknown, type: string): Record<string, IssuedToken> {
  if (value === undefined) return {}
  checkRecord(value, type, 'tokens')
  const copy: Record<string, IssuedToken> = Object.create(null) as Record<string, IssuedToken>
  const entries = Object.entries(value)
  if (entries.length > MAX_TOKENS) throw tooLarge(type, 'number of tokens', entries.length)
  for (const [key, token] of entries) {
    if (key === '') throw invalid(type, 'a token of a type without a name')
    copy[key] = issuedToken(token, type)
  }
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
