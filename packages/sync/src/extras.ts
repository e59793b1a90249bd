import type { Account } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'

/** What an extra may hold: Android's Bundle types. */
export type SyncExtra = string | number | bigint | boolean | null | Account

/**
 * What the app tells the adapter with one request: names and plain values, at most 10 240 bytes as JSON.
 *
 * Two requests for a target with equal extras are one operation. `null` is a value of its own; a name whose value is
 * `undefined` is absent.
 */
export type SyncExtras = Readonly<Record<string, SyncExtra | undefined>>

/** Extras in the form that is stored and compared: JSON with sorted names. */
export type CanonicalExtras = string

export const MAX_EXTRAS_BYTES = 10_240
export const NO_EXTRAS: CanonicalExtras = '{}'

/**
 * Checks extras and brings them into canonical form, which is also a deep copy: later changes by the caller do not
 * reach the operation.
 *
 * @throws TypeError for a value of another type, RangeError above 10 240 bytes.
 */
export function canonicalExtras(extras: unknown, option = 'extras'): CanonicalExtras {
  if (extras === undefined) return NO_EXTRAS
  if (!isPlainObject(extras)) throw new TypeError(`${option} must be an object, received ${kindOf(extras)}`)
  const names = Object.keys(extras).sort()
  const pairs: string[] = []
  for (const name of names) {
    const value = extras[name]
    if (value === undefined) continue
    pairs.push(`${JSON.stringify(name)}:${encodeExtra(value, `${option}.${name}`)}`)
  }
  const canonical = `{${pairs.join(',')}}`
  const bytes = Buffer.byteLength(canonical)
  if (bytes > MAX_EXTRAS_BYTES) {
    throw new RangeError(`${option} has ${bytes} bytes as JSON; at most ${MAX_EXTRAS_BYTES} are allowed`)
  }
  return canonical
}

/** Whether stored extras can be read; what cannot was not written by this library. */
export function areReadable(canonical: CanonicalExtras): boolean {
  try {
    const value: unknown = JSON.parse(canonical)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** The extras that {@link canonicalExtras} wrote down, as a fresh frozen object; none when they cannot be read. */
export function decodeExtras(canonical: CanonicalExtras): SyncExtras {
  const stored = areReadable(canonical) ? (JSON.parse(canonical) as Record<string, unknown>) : {}
  // Not assigned one by one: `__proto__` is a name like any other.
  return Object.freeze(Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, decodeExtra(value)])))
}

/** Whether two sets of extras are the same; a missing name is not the same as `null`. */
export function areExtrasEqual(one: SyncExtras | undefined, other: SyncExtras | undefined): boolean {
  return canonicalExtras(one) === canonicalExtras(other)
}

function encodeExtra(value: unknown, option: string): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (Number.isFinite(value)) return Object.is(value, -0) ? '0' : JSON.stringify(value)
      throw new TypeError(`${option} must be a finite number`)
    case 'bigint':
      return `{"$bigint":"${value}"}`
    default:
      if (value === null) return 'null'
      if (typeof value === 'object' && isAccount(value))
        return `{"$account":${JSON.stringify([value.id, value.type, value.name])}}`
      throw new TypeError(
        `${option} must be a string, number, bigint, boolean, null or account, received ${kindOf(value)}`,
      )
  }
}

function decodeExtra(value: unknown): SyncExtra {
  if (typeof value !== 'object' || value === null) return value as SyncExtra
  const tagged = value as { $bigint?: string; $account?: [string, string, string] }
  if (tagged.$bigint !== undefined) return BigInt(tagged.$bigint)
  const [id = '', type = '', name = ''] = tagged.$account ?? []
  return Object.freeze({ id, type, name })
}

function isAccount(value: object): value is Account {
  const { id, type, name } = value as Partial<Account>
  return typeof id === 'string' && typeof type === 'string' && typeof name === 'string'
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
