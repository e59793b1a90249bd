import type { ScryptOptions } from 'node:crypto'
import { KEY_BYTES } from './arguments.ts'

/**
 * A key encrypted with a passphrase. All parts are of fixed length:
 *
 * | bytes | part |
 * |---|---|
 * | 4 | `ACPK` |
 * | 1 | format version, 1 |
 * | 3 | scrypt: log2 N, r, p |
 * | 16 | salt |
 * | 12 | nonce |
 * | 32 | the key, AES-256-GCM, with everything before the nonce as additional data |
 * | 16 | tag: a wrong passphrase shows here |
 * | 8 | first bytes of SHA-256 over all before: damage shows here, before anybody is asked |
 */
const MAGIC = Buffer.from('ACPK')
const VERSION = 1
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CHECKSUM_BYTES = 8
const HEADER_BYTES = MAGIC.length + 4
const NONCE_AT = HEADER_BYTES + SALT_BYTES
const SEALED_AT = NONCE_AT + NONCE_BYTES
const TAG_AT = SEALED_AT + KEY_BYTES
const CHECKSUM_AT = TAG_AT + TAG_BYTES
const BLOB_BYTES = CHECKSUM_AT + CHECKSUM_BYTES

/** What deriving a key from a passphrase costs. */
export interface ScryptCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** 128 MiB and a few tenths of a second. @see [OWASP Password Storage](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt) */
export const DEFAULT_COST: ScryptCost = { logN: 17, r: 8, p: 1 }

/** A blob may ask for this much and no more: its parameters are read before anything is authenticated. */
const MAX_COST: ScryptCost = { logN: 18, r: 8, p: 4 }

export async function sealKey(key: Uint8Array, passphrase: string, cost: ScryptCost): Promise<Uint8Array> {
  const { createCipheriv, randomBytes } = process.getBuiltinModule('node:crypto')
  const header = Buffer.from([...MAGIC, VERSION, cost.logN, cost.r, cost.p])
  const salt = randomBytes(SALT_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const derived = await derivedKey(passphrase, salt, cost)
  try {
    const cipher = createCipheriv('aes-256-gcm', derived, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.concat([header, salt]))
    const sealed = Buffer.concat([cipher.update(key), cipher.final()])
    const content = Buffer.concat([header, salt, nonce, sealed, cipher.getAuthTag()])
    return Uint8Array.from(Buffer.concat([content, checksum(content)]))
  } finally {
    derived.fill(0)
  }
}

/** Why these bytes are no blob that {@link sealKey} made; `undefined` when they are one. */
export function damageOf(blob: Uint8Array): string | undefined {
  if (blob.length !== BLOB_BYTES) return `the wrapped key has ${blob.length} bytes instead of ${BLOB_BYTES}`
  const bytes = Buffer.from(blob)
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    return 'the wrapped key does not begin as one made with a passphrase'
  if (!checksum(bytes.subarray(0, CHECKSUM_AT)).equals(bytes.subarray(CHECKSUM_AT))) return 'the wrapped key is damaged'
  if (bytes[MAGIC.length] !== VERSION) return 'the wrapped key has a format that this version does not know'
  const { logN, r, p } = costIn(bytes)
  const isWithin = (value: number, most: number): boolean => value >= 1 && value <= most
  if (isWithin(logN, MAX_COST.logN) && isWithin(r, MAX_COST.r) && isWithin(p, MAX_COST.p)) return undefined
  return 'the wrapped key asks for more work than is allowed'
}

/** The key in an undamaged blob; `undefined` when the passphrase is not the one it was sealed with. */
export async function openKey(blob: Uint8Array, passphrase: string): Promise<Uint8Array | undefined> {
  const { createDecipheriv } = process.getBuiltinModule('node:crypto')
  const bytes = Buffer.from(blob)
  const derived = await derivedKey(passphrase, bytes.subarray(HEADER_BYTES, NONCE_AT), costIn(bytes))
  try {
    const nonce = bytes.subarray(NONCE_AT, SEALED_AT)
    const decipher = createDecipheriv('aes-256-gcm', derived, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(bytes.subarray(0, NONCE_AT))
    decipher.setAuthTag(bytes.subarray(TAG_AT, CHECKSUM_AT))
    const key = decipher.update(bytes.subarray(SEALED_AT, TAG_AT))
    decipher.final()
    return Uint8Array.from(key)
  } catch {
    return undefined
  } finally {
    derived.fill(0)
  }
}

function costIn(bytes: Buffer): ScryptCost {
  const [logN = 0, r = 0, p = 0] = bytes.subarray(MAGIC.length + 1, HEADER_BYTES)
  return { logN, r, p }
}

function checksum(content: Uint8Array): Buffer {
  const { hash } = process.getBuiltinModule('node:crypto')
  return hash('sha256', content, 'buffer').subarray(0, CHECKSUM_BYTES)
}

/** Text that looks the same is the same passphrase, however the keyboard composed it. @see [RFC 8265, section 4.2](https://www.rfc-editor.org/rfc/rfc8265.html#section-4.2) */
async function derivedKey(passphrase: string, salt: Uint8Array, { logN, r, p }: ScryptCost): Promise<Buffer> {
  const { scrypt } = process.getBuiltinModule('node:crypto')
  const N = 2 ** logN
  const bytes = Buffer.from(passphrase.normalize('NFC'), 'utf8')
  // The algorithm needs 128 * N * r; Node's default limit of 32 MiB is below that, and it counts a little more.
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r }
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      scrypt(bytes, salt, KEY_BYTES, options, (error, derived) => (error === null ? resolve(derived) : reject(error)))
    })
  } finally {
    bytes.fill(0)
  }
}
