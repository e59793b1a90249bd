import { kindOf, MAX_NAME_BYTES, UNSAFE_CHARACTERS } from '../account.ts'

/**
 * Checks the id of an app: what a consent prompt shows must not look like another app, and must fit.
 *
 * @throws TypeError; RangeError above 512 bytes.
 */
export function checkPrincipal(value: unknown, option: string): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
  if (value.trim() === '') throw new TypeError(`${option} must be a non-empty string, received an empty string`)
  if (!value.isWellFormed()) throw new TypeError(`${option} has a lone surrogate and is not valid Unicode text`)
  if (UNSAFE_CHARACTERS.test(value)) throw new TypeError(`${option} has control or invisible characters`)
  if (Buffer.byteLength(value) <= MAX_NAME_BYTES) return
  throw new RangeError(`${option} must have at most ${MAX_NAME_BYTES} bytes, received a longer string`)
}
