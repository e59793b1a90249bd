import { AccountError } from '@accountry/accounts'
import type { CryptoKey, JWK } from 'jose'
import { nodeCrypto } from './builtin.ts'
import { loadJose } from './protocol.ts'
import type { SigningKey } from './signing-key.ts'

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
