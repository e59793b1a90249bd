import { kindOf } from '@accountry/accounts/contract'

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
