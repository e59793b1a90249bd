import { kindOf } from '@accountry/accounts/contract'

// Each of these throws a TypeError that names the option and the kind of what was received, never the value.

export function requiredText(value: unknown, option: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
}

export function optionalText(value: unknown, option: string): string | undefined {
  return value === undefined ? undefined : requiredText(value, option)
}

export function optionalTexts(value: unknown, option: string): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array, received ${kindOf(value)}`)
  return value.map((entry) => requiredText(entry, option))
}

export function optionalObject<T extends object>(value: T | undefined, option: string): T | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
}

export function optionalFlag(value: unknown, option: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw new TypeError(`${option} must be a boolean, received ${kindOf(value)}`)
}

export function optionalFunction<T>(value: T | undefined, option: string): T | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new TypeError(`${option} must be a function, received ${kindOf(value)}`)
}

export function optionalChoice<T extends string>(
  value: T | undefined,
  choices: readonly T[],
  option: string,
): T | undefined {
  if (value === undefined || choices.includes(value)) return value
  throw new TypeError(`${option} must be one of ${choices.join(', ')}, received ${kindOf(value)}`)
}

export function duration(value: unknown, option: string, otherwise: number, longest: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (value >= 0 && value <= longest) return value
  throw new RangeError(`${option} must be from 0 to ${longest} milliseconds`)
}

/** RFC 6749 §3.3: printable ASCII without quotes and backslashes. */
export function checkScope(scope: string, option: string): void {
  if (/\s/.test(scope)) throw new TypeError(`${option} must hold one scope per entry`)
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) throw new TypeError(`${option} holds no scope`)
}

export function checkOrigin(value: string, option: string): void {
  if (!URL.canParse(value) || new URL(value).origin !== value) {
    throw new TypeError(`${option} must hold origins such as https://api.example.com, without path or final slash`)
  }
}
