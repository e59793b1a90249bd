import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { CryptoKey, JWK } from 'jose'
import { nodeCrypto } from './builtin.ts'
import { loadJose } from './protocol.ts'

/** A private key with which the client signs statements. It is data, so that it can be kept sealed. */
export interface SigningKey {
  /** PKCS#8 in PEM, or a private JWK. */
  readonly privateKey: string | Readonly<Record<string, unknown>>
  /** Sent as `kid`, so that the server knows which key it is. */
  readonly keyId?: string
  /** Default `RS256`. */
  readonly algorithm?: string
}

/** @throws TypeError naming the option and the kind of what was received. */
export function checkSigningKey(value: unknown, option: string): void {
  const { privateKey, keyId, algorithm } = (value ?? {}) as Partial<SigningKey>
  const isPem = typeof privateKey === 'string' && privateKey.includes('PRIVATE KEY-----')
  const isJwk = typeof privateKey === 'object' && privateKey !== null && typeof privateKey['d'] === 'string'
  if (!isPem && !isJwk) {
    throw new TypeError(
      `${option}.privateKey must be a private key in PEM or a private JWK, received ${kindOf(privateKey)}`,
    )
  }
  for (const [name, text] of Object.entries({ keyId, algorithm })) {
    if (text !== undefined && typeof text !== 'string') {
      throw new TypeError(`${option}.${name} must be a string, received ${kindOf(text)}`)
    }
  }
}

/**
 * Makes the key usable.
 *
 * @throws AccountError `ERR_MISCONFIGURED` when it is none, or none for its algorithm; the key is never in the message.
 */
export async function importSigningKey(key: SigningKey, label: string): Promise<CryptoKey> {
  const jose = await loadJose()
  const algorithm = key.algorithm ?? 'RS256'
  try {
    if (typeof key.privateKey !== 'string') return (await jose.importJWK(key.privateKey as JWK, algorithm)) as CryptoKey
    // Through Node, because PEM of the older kind (PKCS#1) is common and jose reads PKCS#8 only.
    const pkcs8 = nodeCrypto().createPrivateKey(key.privateKey).export({ type: 'pkcs8', format: 'pem' })
    return await jose.importPKCS8(String(pkcs8), algorithm)
  } catch {
    throw new AccountError('ERR_MISCONFIGURED', `${label}: the private key cannot be used with ${algorithm}`)
  }
}
