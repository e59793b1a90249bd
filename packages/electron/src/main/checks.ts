import { kindOf } from '@accountry/accounts/contract'

/**
 * Checks one value that came from a page, and returns what is used of it.
 *
 * Messages name the option and the kind of what was received, never the value.
 *
 * @throws TypeError, RangeError.
 */
export type Check<Value> = (value: unknown, option: string) => Value

export const nothing: Check<undefined> = (value, option) => {
  if (value !== undefined) throw new TypeError(`${option} must be absent, received ${kindOf(value)}`)
  return undefined
}

export const flag: Check<boolean> = (value, option) => {
  if (typeof value !== 'boolean') throw new TypeError(`${option} must be a boolean, received ${kindOf(value)}`)
  return value
}

/** A text that is not empty. @param most In UTF-16 units. */
export function text(most: number): Check<string> {
  return (value, option) => {
    if (typeof value !== 'string' || value === '') {
      throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
    }
    if (value.length > most) throw new RangeError(`${option} has ${value.length} characters; at most ${most} may cross`)
    return value
  }
}

export function integer(least: number, most: number): Check<number> {
  return (value, option) => {
    if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new RangeError(`${option} must be an integer from ${least} to ${most}`)
    }
    return value
  }
}

export function oneOf<Value extends string>(...values: readonly Value[]): Check<Value> {
  return (value, option) => {
    const found = values.find((candidate) => candidate === value)
    if (found !== undefined) return found
    throw new TypeError(`${option} must be one of ${values.join(', ')}, received ${kindOf(value)}`)
  }
}

export function optional<Value>(check: Check<Value>): Check<Value | undefined> {
  return (value, option) => (value === undefined ? undefined : check(value, option))
}

export function listOf<Value>(check: Check<Value>, most: number): Check<Value[]> {
  return (value, option) => {
    if (!Array.isArray(value)) throw new TypeError(`${option} must be an array, received ${kindOf(value)}`)
    if (value.length > most) throw new RangeError(`${option} has ${value.length} entries; at most ${most} may cross`)
    // By index: a hole in an array is no entry for map().
    return Array.from({ length: value.length }, (_, index) => check(value[index], `${option}[${index}]`))
  }
}

/** More members than any request has; beyond that they are not even looked at. */
const MOST_MEMBERS = 32

/** For each member its check; a member that is not listed is refused. */
export type Shape<Value> = { readonly [Name in keyof Value]-?: Check<Value[Name] | undefined> }

/** A plain object with these members, copied. Members that are `undefined` are absent from the copy. */
export function objectOf<Value extends object>(shape: Shape<Value>): Check<Value> {
  const names = Object.keys(shape) as (keyof Value & string)[]
  return (value, option) => {
    const members = plainMembers(value, option, MOST_MEMBERS)
    const copy: Partial<Record<keyof Value, unknown>> = {}
    for (const name of members.keys()) {
      if (!names.includes(name as keyof Value & string)) {
        throw new TypeError(`${option} has a member that is not one of ${names.join(', ')}`)
      }
    }
    for (const name of names) {
      const checked = shape[name](members.get(name), `${option}.${name}`)
      if (checked !== undefined) copy[name] = checked
    }
    return copy as Value
  }
}

/** The own members of a plain object. Structured cloning makes no others, but whoever calls may not be what it seems. */
export function plainMembers(value: unknown, option: string, most: number): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${option} must be a plain object, received one of a class`)
  }
  const keys = Reflect.ownKeys(value)
  if (keys.length > most) throw new RangeError(`${option} has ${keys.length} members; at most ${most} may cross`)
  const members = new Map<string, unknown>()
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key)
    if (typeof key !== 'string' || descriptor === undefined || !('value' in descriptor)) {
      throw new TypeError(`${option} must have plain members only`)
    }
    members.set(key, descriptor.value)
  }
  return members
}
