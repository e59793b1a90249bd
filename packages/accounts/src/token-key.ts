import { kindOf, MAX_NAME_BYTES, UNSAFE_CHARACTERS } from './account.ts'
import type { AuthenticatorDescription, AuthTokenTypeSpec } from './authenticator.ts'
import { nodeCrypto } from './builtin.ts'
import { AccountError } from './errors.ts'

/** Most bytes of JSON that `options` of one token request may have. */
export const MAX_OPTIONS_BYTES = 4_096

/** Most bytes of all scopes of one token. */
const MAX_SCOPES_BYTES = 16_384

/** Begins every key that is not simply a type's name. */
const COMPOSED = '\0'

/** Begins the grants of ad-hoc scopes. */
const SCOPES = 'scopes:'

/** Which token of an account is meant: the type, the canonical options, and the principal where the plugin asks. */
export interface TokenKey {
  /** As it shows in an AuthToken: the declared name, or the sorted scopes. */
  readonly label: string
  readonly spec: AuthTokenTypeSpec
  /** For the memory cache: the readable canonical form. */
  readonly canonical: string
  /** What a grant of such tokens is called: another kind or resource is another grant. */
  readonly grant: string
  /** A copy: what the caller changes later, or the authenticator, changes no other's token. */
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * Checks a token type and builds its key.
 *
 * @throws TypeError for a type that the authenticator does not declare (the message names those it does), for bad
 *   scopes, and for options that are not JSON or too large.
 */
export function tokenKeyOf(
  spec: unknown,
  options: unknown,
  description: AuthenticatorDescription | undefined,
  principal: string,
): TokenKey {
  const { label, checked } = checkedSpec(spec, description)
  const perPrincipal = description?.capabilities?.tokensPerPrincipal === true ? principal : ''
  const rest = canonicalOptions(options)
  const plain = rest === '' && perPrincipal === '' && typeof checked === 'string' && !label.startsWith(COMPOSED)
  return {
    label,
    spec: checked,
    grant: grantOf(checked, label),
    options: rest === '' ? {} : (JSON.parse(rest) as Record<string, unknown>),
    canonical: plain ? label : COMPOSED + JSON.stringify([...kindOfSpec(checked), label, rest, perPrincipal]),
  }
}

/** The key under which the vault stores it: fixed length, and it reveals nothing of the options. */
export function storedKeyOf(key: TokenKey): string {
  return nodeCrypto().createHash('sha256').update(key.canonical).digest('base64url').slice(0, 24)
}

function grantOf(spec: AuthTokenTypeSpec, label: string): string {
  if (typeof spec === 'string') return label.startsWith(SCOPES) ? `type:${label}` : label
  return `${SCOPES}${label}${spec.resource === undefined ? '' : ` resource:${spec.resource}`}`
}

function kindOfSpec(spec: AuthTokenTypeSpec): string[] {
  return typeof spec === 'string' ? ['type'] : ['scopes', spec.resource ?? '']
}

function checkedSpec(
  spec: unknown,
  description: AuthenticatorDescription | undefined,
): { label: string; checked: AuthTokenTypeSpec } {
  if (typeof spec === 'string') return { label: checkedTypeName(spec, description), checked: spec }
  const { scopes, resource } = (spec ?? {}) as { scopes?: unknown; resource?: unknown }
  if (typeof spec !== 'object' || spec === null || !isScopeList(scopes)) {
    throw new TypeError(`authTokenType must be a string or { scopes: string[], resource? }, received ${kindOf(spec)}`)
  }
  if (resource !== undefined && (typeof resource !== 'string' || resource === '')) {
    throw new TypeError(`authTokenType.resource must be a non-empty string, received ${kindOf(resource)}`)
  }
  const sorted = [...new Set(scopes)].sort()
  const label = sorted.join(' ')
  if (label.length > MAX_SCOPES_BYTES) throw tooLong(label.length, MAX_SCOPES_BYTES)
  return { label, checked: resource === undefined ? { scopes: sorted } : { scopes: sorted, resource } }
}

function checkedTypeName(name: string, description: AuthenticatorDescription | undefined): string {
  if (name === '') throw new TypeError('authTokenType must not be an empty string')
  if (UNSAFE_CHARACTERS.test(name)) throw new TypeError('authTokenType has control or invisible characters')
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw tooLong(Buffer.byteLength(name), MAX_NAME_BYTES)
  const declared = description?.tokenTypes
  if (declared !== undefined && !Object.hasOwn(declared, name)) {
    throw new TypeError(
      `authTokenType is not one that ${description?.type} declares: ${Object.keys(declared).join(', ')}`,
    )
  }
  return name
}

function tooLong(bytes: number, most: number): AccountError {
  return new AccountError('ERR_LIMIT_EXCEEDED', `authTokenType has ${bytes} bytes; at most ${most} are allowed`)
}

function isScopeList(scopes: unknown): scopes is string[] {
  return (
    Array.isArray(scopes) &&
    scopes.length > 0 &&
    scopes.every((scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
  )
}

function canonicalOptions(options: unknown): string {
  if (options === undefined) return ''
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options must be an object of JSON values, received ${kindOf(options)}`)
  }
  const text = canonicalJson(options, 'options')
  if (text === '{}') return ''
  if (Buffer.byteLength(text) > MAX_OPTIONS_BYTES) {
    throw new TypeError(`options must be at most ${MAX_OPTIONS_BYTES} bytes of JSON`)
  }
  return text
}

const DEEPEST = 32

/** JSON with sorted keys: the same text for the same content. @throws TypeError for what JSON cannot hold. */
export function canonicalJson(value: unknown, path: string, depth = 0): string {
  if (depth > DEEPEST) throw new TypeError(`${path} is nested more than ${DEEPEST} deep or cyclic`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value))
    return `[${Array.from(value, (item: unknown) => item)
      .map((item, i) => canonicalJson(item, `${path}[${i}]`, depth + 1))
      .join(',')}]`
  if (typeof value !== 'object' || !isPlain(value)) {
    throw new TypeError(`${path} must be JSON, received ${kindOf(value)}`)
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, `${path}.${name}`, depth + 1)}`)
  return `{${members.join(',')}}`
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
