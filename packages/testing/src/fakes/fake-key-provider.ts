import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  AccountError,
  type KeyOutcome,
  type KeyProtection,
  type KeyProvider,
  type KeyRequestOptions,
  type StoreKeyProvider,
  type WrapKeyProvider,
} from '@accountry/accounts'

/** An outcome, or the kind of one with a text that says that it was scripted. */
export type FakeKeyOutcome = KeyOutcome | Exclude<KeyOutcome['kind'], 'found'>

export interface FakeKeyProviderOptions<Kind extends KeyProvider['kind'] = KeyProvider['kind']> {
  /** Default `'store'`. */
  readonly kind?: Kind
  /** Default `'fake'`. */
  readonly id?: string
  /** Default `'os-user'`. */
  readonly protection?: KeyProtection
}

/** One call that a fake received. Keys are not recorded. */
export interface FakeKeyRequest {
  readonly method: 'load' | 'store' | 'delete' | 'wrap' | 'unwrap'
  readonly name?: string
  readonly interaction?: 'never' | 'allow'
}

export interface FakeKeyControls {
  /** Every call so far, oldest first. */
  readonly requests: readonly FakeKeyRequest[]
  /** Lets the next reads answer this, one each; afterwards they tell the truth again. */
  answer(...outcomes: FakeKeyOutcome[]): void
  /** Lets every read answer this, and writes fail accordingly, until it is `undefined` again. */
  always: FakeKeyOutcome | undefined
}

export type FakeStoreKeyProvider = StoreKeyProvider & FakeKeyControls
export type FakeWrapKeyProvider = WrapKeyProvider & FakeKeyControls

/**
 * A key provider in memory whose next reads can be scripted.
 *
 * `outcomes` are the answers of the first reads (`load`, or `unwrap` of the kind `'wrap'`), one each. When they are used
 * up it behaves as a real provider. While {@link FakeKeyControls.always} is set, writes reject `ERR_VAULT_LOCKED` for
 * `'locked'`, `ERR_DENIED` for `'denied'` and `ERR_VAULT_UNAVAILABLE` for `'unavailable'`.
 *
 * @example
 * ```ts
 * const keyProvider = createFakeKeyProvider(['locked'])   // locked when the vault is opened, usable at the next try
 * ```
 */
export function createFakeKeyProvider(
  outcomes?: readonly FakeKeyOutcome[],
  options?: FakeKeyProviderOptions<'store'>,
): FakeStoreKeyProvider
export function createFakeKeyProvider(
  outcomes: readonly FakeKeyOutcome[],
  options: FakeKeyProviderOptions<'wrap'>,
): FakeWrapKeyProvider
export function createFakeKeyProvider(
  outcomes: readonly FakeKeyOutcome[] = [],
  options: FakeKeyProviderOptions = {},
): FakeStoreKeyProvider | FakeWrapKeyProvider {
  return options.kind === 'wrap' ? new FakeWrapKey(outcomes, options) : new FakeStoreKey(outcomes, options)
}

abstract class FakeKey implements FakeKeyControls {
  readonly id: string
  readonly protection: KeyProtection
  readonly requests: FakeKeyRequest[] = []
  always: FakeKeyOutcome | undefined
  readonly #script: FakeKeyOutcome[]

  constructor(outcomes: readonly FakeKeyOutcome[], options: FakeKeyProviderOptions) {
    this.id = options.id ?? 'fake'
    this.protection = options.protection ?? 'os-user'
    this.#script = [...outcomes]
  }

  answer(...outcomes: FakeKeyOutcome[]): void {
    this.#script.push(...outcomes)
  }

  protected record(request: FakeKeyRequest, options: KeyRequestOptions | undefined): void {
    const interaction = options?.interaction
    this.requests.push(interaction === undefined ? request : { ...request, interaction })
    if (options?.signal?.aborted === true) throw new AccountError('ERR_ABORTED', 'the request for the key was aborted')
  }

  protected scripted(): KeyOutcome | undefined {
    const next = this.always ?? this.#script.shift()
    return typeof next === 'string' ? { kind: next, why: `the fake was told to be ${next}` } : next
  }

  protected checkWritable(): void {
    const kind = typeof this.always === 'string' ? this.always : this.always?.kind
    if (kind === undefined) return
    const code = WRITE_ERRORS[kind]
    if (code !== undefined) throw new AccountError(code, `the fake was told to be ${kind}`)
  }
}

const WRITE_ERRORS = {
  found: undefined,
  absent: undefined,
  corrupt: undefined,
  locked: 'ERR_VAULT_LOCKED',
  denied: 'ERR_DENIED',
  unavailable: 'ERR_VAULT_UNAVAILABLE',
} as const

class FakeStoreKey extends FakeKey implements StoreKeyProvider {
  readonly kind = 'store'
  readonly #keys = new Map<string, Uint8Array>()

  async load(name: string, options?: KeyRequestOptions): Promise<KeyOutcome> {
    checkName(name)
    this.record({ method: 'load', name }, options)
    const scripted = this.scripted()
    if (scripted !== undefined) return scripted
    const key = this.#keys.get(name)
    return key === undefined ? { kind: 'absent', why: 'the fake has no such key' } : { kind: 'found', key: copyOf(key) }
  }

  async store(name: string, key: Uint8Array): Promise<void> {
    checkName(name)
    checkKey(key)
    this.record({ method: 'store', name }, undefined)
    this.checkWritable()
    this.#keys.set(name, copyOf(key))
  }

  async delete(name: string): Promise<void> {
    checkName(name)
    this.record({ method: 'delete', name }, undefined)
    this.checkWritable()
    this.#keys.delete(name)
  }
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

class FakeWrapKey extends FakeKey implements WrapKeyProvider {
  readonly kind = 'wrap'
  readonly #secret = randomBytes(32)

  async wrap(key: Uint8Array, options?: KeyRequestOptions): Promise<Uint8Array> {
    checkKey(key)
    this.record({ method: 'wrap' }, options)
    this.checkWritable()
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#secret, nonce, { authTagLength: TAG_BYTES })
    return copyOf(Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]))
  }

  async unwrap(blob: Uint8Array, options?: KeyRequestOptions): Promise<KeyOutcome> {
    if (!(blob instanceof Uint8Array)) throw new TypeError(`blob must be a Uint8Array, received ${typeof blob}`)
    this.record({ method: 'unwrap' }, options)
    return this.scripted() ?? this.#open(blob)
  }

  #open(blob: Uint8Array): KeyOutcome {
    try {
      const nonce = blob.subarray(0, NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', this.#secret, nonce, { authTagLength: TAG_BYTES })
      decipher.setAuthTag(blob.subarray(-TAG_BYTES))
      const key = Buffer.concat([decipher.update(blob.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      return { kind: 'found', key: copyOf(key) }
    } catch {
      return { kind: 'corrupt', why: 'the blob was not made by this fake, or was changed' }
    }
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

function checkName(name: unknown): void {
  const isName = typeof name === 'string' && name !== '' && name.isWellFormed() && !name.includes('\0')
  if (!isName) throw new TypeError(`name must be a non-empty text without NUL, received ${typeof name}`)
}

function checkKey(key: unknown): void {
  if (!(key instanceof Uint8Array) || key.length !== 32) throw new TypeError('key must be a Uint8Array of 32 bytes')
}
