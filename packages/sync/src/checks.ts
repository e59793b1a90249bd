import { kindOf } from '@accountry/accounts/contract'

/** Absent is fine. @throws TypeError when it is no function. */
export function checkFunction(value: unknown, option: string): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`${option} must be a function, received ${kindOf(value)}`)
}

/** Absent is fine. @throws TypeError when it is no boolean. */
export function checkSwitches(value: object, group: string, names: readonly string[]): void {
  for (const name of names) {
    const flag = (value as Record<string, unknown>)[name]
    if (flag === undefined || typeof flag === 'boolean') continue
    throw new TypeError(`${group}${name} must be a boolean, received ${kindOf(flag)}`)
  }
}

/** Absent is fine. @throws TypeError when it is no array of non-empty strings. */
export function checkTexts(value: unknown, option: string): void {
  if (value === undefined) return
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array, received ${kindOf(value)}`)
  for (const text of value) {
    if (typeof text !== 'string' || text === '') {
      throw new TypeError(`${option} must hold non-empty strings, received ${kindOf(text)}`)
    }
  }
}

/** Absent is fine. @throws TypeError when it is no object. */
export function checkOptionalObject(value: unknown, option: string): void {
  if (value !== undefined) checkObject(value, option)
}

/** @throws TypeError when it is no object, or an array. */
export function checkObject(value: unknown, option: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
}

/** @throws TypeError naming the first method that is missing. */
export function checkMethods(value: unknown, option: string, names: readonly string[]): void {
  checkObject(value, option)
  const missing = names.find((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
  if (missing !== undefined) throw new TypeError(`${option} must have the method ${missing}`)
}

/** @throws TypeError, RangeError when it is no whole number of at least `least`. */
export function checkCount(value: unknown, option: string, least: number): void {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${option} must be an integer of at least ${least}`)
}
