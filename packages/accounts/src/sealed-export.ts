import { kindOf } from './account.ts'
import { nodeCrypto } from './builtin.ts'
import { AccountError } from './errors.ts'

const HEADER = { alg: 'dir', enc: 'A256GCM', cty: 'json' } as const
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
/** Largest export that is read. */
export const MAX_EXPORT_BYTES: number = 64 * 1_024 * 1_024

/** Encrypts as a JWE in compact form (RFC 7516): direct encryption with a key of 32 bytes, A256GCM. */
export function encryptedExport(payload: unknown, key: Uint8Array): string {
  const crypto = nodeCrypto()
  const header = Buffer.from(JSON.stringify(HEADER)).toString('base64url')
  const nonce = crypto.randomBytes(NONCE_BYTES)
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(header, 'ascii'))
  const text = Buffer.concat([cipher.update(JSON.stringify(payload), 'utf8'), cipher.final()])
  return [
    header,
    '',
    nonce.toString('base64url'),
    text.toString('base64url'),
    cipher.getAuthTag().toString('base64url'),
  ].join('.')
}

/** @throws AccountError `ERR_IMPORT_INVALID` for anything else than what {@link encryptedExport} writes, or another key. */
export function decryptedExport(jwe: string, key: Uint8Array): unknown {
  if (jwe.length > MAX_EXPORT_BYTES) throw invalid(`it is larger than ${MAX_EXPORT_BYTES} bytes`)
  const [header = '', encryptedKey, nonce = '', text = '', tag = '', ...rest] = jwe.trim().split('.')
  if (encryptedKey !== '' || rest.length > 0) throw invalid('it is no compact JWE with direct encryption')
  checkHeader(header)
  const [nonceBytes, tagBytes] = [Buffer.from(nonce, 'base64url'), Buffer.from(tag, 'base64url')]
  if (nonceBytes.length !== NONCE_BYTES || tagBytes.length !== TAG_BYTES) throw invalid('it was cut off')
  const decipher = nodeCrypto().createDecipheriv('aes-256-gcm', key, nonceBytes, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(header, 'ascii'))
  decipher.setAuthTag(tagBytes)
  try {
    const plain = Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()])
    // A key that is called __proto__ is data here: whoever reads it copies it into objects without a prototype.
    return JSON.parse(plain.toString('utf8'))
  } catch {
    throw invalid('the key is another one, or the export was changed')
  }
}

/** @throws TypeError unless it is 32 bytes. */
export function checkExportKey(key: unknown): asserts key is Uint8Array {
  if (key instanceof Uint8Array && key.length === KEY_BYTES) return
  const received = key instanceof Uint8Array ? 'one of another length' : kindOf(key)
  throw new TypeError(`key must be a Uint8Array of ${KEY_BYTES} bytes, received ${received}`)
}

/** No other algorithm is accepted, or the header would choose how much work decrypting is. */
function checkHeader(header: string): void {
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>
  } catch {
    throw invalid('it is no JWE')
  }
  const names = Object.keys(parsed ?? {})
  const isKnown = names.every((name) => Object.hasOwn(HEADER, name))
  if (parsed?.['alg'] !== HEADER.alg || parsed['enc'] !== HEADER.enc || !isKnown) {
    throw invalid('it is encrypted in another way than with a key and A256GCM')
  }
}

export function invalid(why: string): AccountError {
  return new AccountError('ERR_IMPORT_INVALID', `this export cannot be imported: ${why}. Nothing was changed`)
}
