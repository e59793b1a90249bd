import { kindOf } from '../account.ts'

/** What is wrong with a number, without repeating it. */
function kindOfNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return 'an infinite number'
  return value < 0 ? 'a negative number' : Number.isInteger(value) ? 'a number that is too small' : 'a fraction'
}

/** @throws TypeError. */
export function checkObject(value: unknown, option: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
  }
}

/** @throws TypeError. */
export function checkText(value: unknown, option: string): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
  }
}

/** An account type, as it is compared: in Unicode NFC. @throws TypeError. */
export function checkedType(value: unknown, option = 'type'): string {
  checkText(value, option)
  return value.normalize('NFC')
}

/** @throws TypeError. */
export function checkOptionalText(value: unknown, option: string): void {
  if (value !== undefined) checkText(value, option)
}

/** @throws TypeError. */
export function checkTexts(value: unknown, option: string): asserts value is readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array of strings, received ${kindOf(value)}`)
  value.forEach((item: unknown, i) => {
    checkText(item, `${option}[${i}]`)
  })
}

/** Absent is fine. @throws TypeError. */
export function checkOneOf(value: unknown, option: string, allowed: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return
  const words = allowed.map((item) => `'${item}'`).join(', ')
  throw new TypeError(
    `${option} must be one of ${words}, received ${typeof value === 'string' ? 'another string' : kindOf(value)}`,
  )
}

/** Absent is fine. @throws TypeError. */
export function checkFlag(value: unknown, option: string): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new TypeError(`${option} must be true or false, received ${kindOf(value)}`)
}

/** Absent is fine. @throws TypeError, RangeError. */
export function checkDuration(value: unknown, option: string): void {
  if (value === undefined) return
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (value >= 0 && Number.isFinite(value)) return
  throw new RangeError(`${option} must be a finite number that is not negative, received ${kindOfNumber(value)}`)
}

/** Absent is fine. @throws TypeError, RangeError. */
export function checkCount(value: unknown, option: string, least: number): void {
  if (value === undefined) return
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (Number.isSafeInteger(value) && value >= least) return
  throw new RangeError(`${option} must be a whole number of at least ${least}, received ${kindOfNumber(value)}`)
}

/** Absent is fine. @throws TypeError. */
export function checkFunction(value: unknown, option: string): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`${option} must be a function, received ${kindOf(value)}`)
}

/** @throws TypeError naming the first method that is missing. */
export function checkMethods(value: unknown, option: string, names: readonly string[]): void {
  checkObject(value, option)
  const missing = names.find((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
  if (missing !== undefined) throw new TypeError(`${option} must have the method ${missing}`)
}

/** Methods that may be absent, but must be methods when they are there. @throws TypeError. */
export function checkOptionalMethods(value: object, option: string, names: readonly string[]): void {
  for (const name of names) checkFunction((value as Record<string, unknown>)[name], `${option}.${name}`)
}

/** A misspelt limit would silently be the default. @throws TypeError naming the keys that there are. */
export function checkKnownKeys(value: object, option: string, known: readonly string[]): void {
  if (Object.keys(value).every((key) => known.includes(key))) return
  throw new TypeError(`${option} has an unknown key; it knows ${known.join(', ')}`)
}
