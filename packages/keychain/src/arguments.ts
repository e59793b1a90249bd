import { kindOf } from '@accountry/accounts/contract'

/** Every key of a vault is 256 bits long. */
export const KEY_BYTES = 32

const MAX_NAME_BYTES = 512

/**
 * Checks the name of a key.
 *
 * NUL ends a name early in the keychains, and a lone surrogate is replaced there: two names would become one entry.
 *
 * @throws TypeError for what is no usable name; RangeError above 512 bytes of UTF-8.
 */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') throw new TypeError(`name must be a string, received ${kindOf(name)}`)
  if (!name.isWellFormed()) throw new TypeError('name has a lone surrogate and is not valid Unicode text')
  if (name.includes('\0')) throw new TypeError('name has a NUL character')
  const bytes = Buffer.byteLength(name)
  if (bytes > MAX_NAME_BYTES) throw new RangeError(`name has ${bytes} bytes; at most ${MAX_NAME_BYTES} are allowed`)
}

/** @throws TypeError unless `key` is 32 bytes. */
export function checkKey(key: unknown): asserts key is Uint8Array {
  if (!(key instanceof Uint8Array)) throw new TypeError(`key must be a Uint8Array, received ${kindOf(key)}`)
  if (key.length !== KEY_BYTES) throw new TypeError(`key must have ${KEY_BYTES} bytes, received ${key.length}`)
}

/** @throws TypeError unless `blob` is bytes. */
export function checkBlob(blob: unknown): asserts blob is Uint8Array {
  if (!(blob instanceof Uint8Array)) throw new TypeError(`blob must be a Uint8Array, received ${kindOf(blob)}`)
}

/** @throws TypeError for anything but a number; RangeError unless it is positive and at most 2^31 - 1, as timers need. */
export function checkDurationMs(value: unknown, option: string): asserts value is number {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  const isPossible = value > 0 && value <= 0x7fff_ffff
  if (!isPossible) throw new RangeError(`${option} must be between 0 and 2147483647 ms, received ${value}`)
}

/** @throws TypeError unless the value is a non-empty string. */
export function checkText(value: unknown, option: string): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
  }
}

/** @throws TypeError unless the value is an object. */
export function checkObject(value: unknown, option: string): asserts value is object {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
  }
}
