import { AccountError, type KeyOutcome, type KeyRequestOptions, type StoreKeyProvider } from '@accountry/accounts'
import { checkKey, checkName, checkObject, checkText, KEY_BYTES } from './arguments.ts'
import { throwIfAborted } from './deadline.ts'

export interface EnvironmentKeyOptions {
  /** Name of the variable that holds the key: 32 bytes as base64 or base64url. */
  readonly variable: string
  /** Default: `process.env`, read at each call. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Takes the vault's key from an environment variable: for CI and servers, where a secret manager sets it.
 *
 * The variable holds one key, which serves every vault that names it. It is only read: with the variable unset `load`
 * says `absent`, and `store` rejects `ERR_UNSUPPORTED` with the way to make a key, so a vault never gets a key that
 * nobody keeps. A value of another form is `corrupt`.
 *
 * The protection is `none`: processes of the same user and every child process can read the variable, and it usually
 * comes from a plain file.
 *
 * @throws TypeError for a wrong option.
 */
export function environmentKey(options: EnvironmentKeyOptions): StoreKeyProvider {
  checkObject(options, 'options')
  const { variable, environment = process.env } = options
  checkText(variable, 'variable')
  checkObject(environment, 'environment')
  return new EnvironmentKey(variable, environment)
}

class EnvironmentKey implements StoreKeyProvider {
  readonly id: string
  readonly kind = 'store'
  readonly protection = 'none'
  readonly #variable: string
  readonly #environment: Readonly<Record<string, string | undefined>>

  constructor(variable: string, environment: Readonly<Record<string, string | undefined>>) {
    this.id = `environment:${variable}`
    this.#variable = variable
    this.#environment = environment
  }

  async load(name: string, options?: KeyRequestOptions): Promise<KeyOutcome> {
    checkName(name)
    throwIfAborted(options?.signal)
    const text = this.#text
    if (text === '') return { kind: 'absent', why: `the environment variable ${this.#variable} is not set` }
    const key = decodedKey(text)
    if (key !== undefined) return { kind: 'found', key }
    const why = `the environment variable ${this.#variable} does not hold ${KEY_BYTES} bytes as base64`
    return { kind: 'corrupt', why }
  }

  async store(name: string, key: Uint8Array): Promise<void> {
    checkName(name)
    checkKey(key)
    throw this.#readOnly(`make a key with ${MAKE_KEY}, keep it in your secret manager and set the variable to it`)
  }

  async delete(name: string): Promise<void> {
    checkName(name)
    if (this.#text !== '') throw this.#readOnly('unset it where it is set')
  }

  get #text(): string {
    return (this.#environment[this.#variable] ?? '').trim()
  }

  #readOnly(cure: string): AccountError {
    return new AccountError(
      'ERR_UNSUPPORTED',
      `the environment variable ${this.#variable} is only read by this program; ${cure}`,
      { action: 'contact-developer' },
    )
  }
}

const MAKE_KEY = `node -e "console.log(crypto.getRandomValues(Buffer.alloc(${KEY_BYTES})).toString('base64'))"`

/** `undefined` unless the text is exactly one key. Node's decoder skips what it does not know: compare what it read. */
function decodedKey(text: string): Uint8Array | undefined {
  const digits = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const bytes = Buffer.from(digits, 'base64')
  const isExact = bytes.length === KEY_BYTES && bytes.toString('base64').replace(/=+$/, '') === digits
  return isExact ? Uint8Array.from(bytes) : undefined
}
