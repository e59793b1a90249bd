import type { KeyObject } from 'node:crypto'
import { nodeCrypto } from '../builtin.ts'

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES

/** Length of every key in the vault: AES-256. */
export const KEY_BYTES = 32

/** Thrown when a sealed record cannot be opened: another key, another place, or damage. Callers say which. */
export class UnsealError extends Error {}

/**
 * Encrypts with AES-256-GCM and a random nonce per record.
 *
 * `place` is authenticated with it, so that a ciphertext cannot be moved to another account, field or vault.
 */
export function seal(key: Uint8Array | KeyObject, plaintext: Uint8Array, place: readonly string[]): Uint8Array {
  const crypto = nodeCrypto()
  const nonce = crypto.randomBytes(NONCE_BYTES)
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(encodedPlace(place))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body])
}

/** @throws UnsealError when the key, the place or the bytes are not the ones of {@link seal}. */
export function unseal(key: Uint8Array | KeyObject, sealed: Uint8Array, place: readonly string[]): Uint8Array {
  // A row of a damaged database may hold nothing, whatever its schema says.
  if (!(sealed instanceof Uint8Array) || sealed.length < HEADER_BYTES || sealed[0] !== VERSION)
    throw new UnsealError('not a sealed record')
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
  const decipher = nodeCrypto().createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(encodedPlace(place))
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEADER_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()])
  } catch {
    throw new UnsealError('wrong key, wrong place or damaged bytes')
  }
}

/** Each part is preceded by its length, so that no two places are the same bytes. */
function encodedPlace(place: readonly string[]): Buffer {
  return Buffer.from(place.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''))
}

/** A keyed fingerprint of a secret: equal secrets are found without being stored or readable. */
export function fingerprint(key: Uint8Array | KeyObject, secret: string): string {
  return nodeCrypto().createHmac('sha256', key).update(secret).digest('base64url').slice(0, 22)
}

/** Derives a key for another purpose, so that one key is never used for two things. */
export function derivedKey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(nodeCrypto().hkdfSync('sha256', key, new Uint8Array(0), purpose, KEY_BYTES))
}
