/** The part of keytar 7 that is used here. A fork may answer `undefined` where keytar says `null`. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null | undefined>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
  findCredentials(service: string): Promise<KeytarCredential[]>
}

/** One entry that an app keeps with keytar. */
export interface KeytarCredential {
  readonly account: string
  readonly password: string
}

const METHODS = ['getPassword', 'setPassword', 'deletePassword', 'findCredentials'] as const

/** @throws TypeError when `keytar` lacks a method of keytar 7. */
export function checkKeytar(keytar: unknown): asserts keytar is Keytar {
  const candidate = keytar as Partial<Keytar> | null | undefined
  const missing = METHODS.find((method) => typeof candidate?.[method] !== 'function')
  if (missing !== undefined)
    throw new TypeError(`keytar must be the module keytar, received something without ${missing}`)
}
