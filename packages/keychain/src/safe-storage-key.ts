import {
  AccountError,
  type KeyOutcome,
  type KeyProtection,
  type KeyRequestOptions,
  type WrapKeyProvider,
} from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { checkBlob, checkDurationMs, checkKey, checkObject, KEY_BYTES } from './arguments.ts'
import { Overdue, throwIfAborted, withinDeadline } from './deadline.ts'
import { type Refusal, refusalError } from './refusal.ts'

/**
 * The part of Electron's `safeStorage` that is used. Electron 46 has only the asynchronous methods, versions before 45
 * only the others.
 *
 * @see [Electron: safeStorage](https://www.electronjs.org/docs/latest/api/safe-storage)
 */
export interface SafeStorage {
  isAsyncEncryptionAvailable?(): Promise<boolean>
  encryptStringAsync?(plainText: string): Promise<Buffer>
  decryptStringAsync?(encrypted: Buffer): Promise<SafeStorageDecryption>
  isEncryptionAvailable?(): boolean
  encryptString?(plainText: string): Buffer
  decryptString?(encrypted: Buffer): string
  /** Linux only. */
  getSelectedStorageBackend?(): string
}

export interface SafeStorageDecryption {
  readonly result: string
  /** The OS has a newer key than the one with which this was encrypted. */
  readonly shouldReEncrypt?: boolean
  /** The keychain cannot be reached now; `result` is empty then. */
  readonly isTemporarilyUnavailable?: boolean
}

export interface SafeStorageKeyOptions {
  /**
   * Accept Linux's `basic_text`, which encrypts with a password that is the same everywhere: no protection at all.
   * Default `false`.
   */
  readonly allowPlaintext?: boolean
  /** How long a call may take, in milliseconds; macOS and Linux may ask the person. Default 120 000. */
  readonly deadlineMs?: number
}

/**
 * Wraps the vault's key with Electron's `safeStorage`: the provider for Electron's main process.
 *
 * Call it at any time; the vault may be opened once the app is ready. Before that, and on Linux without gnome-keyring or
 * KWallet, the outcome is `unavailable`: Electron would silently use a password that everybody knows (`basic_text`),
 * unless `allowPlaintext` accepts that. A decryption that fails is `locked`, not lost: the keychain may be locked,
 * or its prompt refused. When the OS has rotated its key, the outcome says `rewrap`.
 *
 * The protection is `os-acl` on macOS, `os-user` on Windows and Linux, and `none` with Linux's plain text.
 *
 * > [!NOTE]\
 * > Tested against a fake with the documented states, not against a running Electron.
 *
 * @throws TypeError when this is not Electron's `safeStorage`, or for a wrong option.
 */
export function safeStorageKey(safeStorage: SafeStorage, options: SafeStorageKeyOptions = {}): WrapKeyProvider {
  return createSafeStorageKey(safeStorage, options, process.platform)
}

/** {@link safeStorageKey} on another platform. */
export function createSafeStorageKey(
  safeStorage: SafeStorage,
  options: SafeStorageKeyOptions,
  platform: NodeJS.Platform,
): WrapKeyProvider {
  checkObject(safeStorage, 'safeStorage')
  checkObject(options, 'options')
  const { allowPlaintext = false, deadlineMs = 120_000 } = options
  if (typeof allowPlaintext !== 'boolean') {
    throw new TypeError(`allowPlaintext must be a boolean, received ${kindOf(allowPlaintext)}`)
  }
  checkDurationMs(deadlineMs, 'deadlineMs')
  return new SafeStorageKey({
    encryption: encryptionOf(safeStorage),
    safeStorage,
    allowPlaintext,
    deadlineMs,
    platform,
  })
}

interface Encryption {
  isAvailable(): Promise<boolean>
  encrypt(text: string): Promise<Uint8Array>
  decrypt(bytes: Buffer): Promise<SafeStorageDecryption>
}

/** The asynchronous methods where they are: the others block the main process while the OS asks the person. */
function encryptionOf(storage: SafeStorage): Encryption {
  const { isAsyncEncryptionAvailable, encryptStringAsync, decryptStringAsync } = storage
  if (
    isAsyncEncryptionAvailable !== undefined &&
    encryptStringAsync !== undefined &&
    decryptStringAsync !== undefined
  ) {
    return {
      isAvailable: async () => await isAsyncEncryptionAvailable.call(storage),
      encrypt: async (text) => await encryptStringAsync.call(storage, text),
      decrypt: async (bytes) => await decryptStringAsync.call(storage, bytes),
    }
  }
  const { isEncryptionAvailable, encryptString, decryptString } = storage
  if (isEncryptionAvailable === undefined || encryptString === undefined || decryptString === undefined) {
    throw new TypeError("safeStorage must be Electron's safeStorage, received an object without its methods")
  }
  return {
    isAvailable: async () => isEncryptionAvailable.call(storage),
    encrypt: async (text) => encryptString.call(storage, text),
    decrypt: async (bytes) => ({ result: decryptString.call(storage, bytes) }),
  }
}

/** Backends of Linux that keep the password in a real keychain. What is not in the list is not trusted. */
const REAL_BACKENDS: ReadonlySet<string> = new Set(['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6'])

interface SafeStorageKeyState {
  readonly encryption: Encryption
  readonly safeStorage: SafeStorage
  readonly allowPlaintext: boolean
  readonly deadlineMs: number
  readonly platform: NodeJS.Platform
}

class SafeStorageKey implements WrapKeyProvider {
  readonly id = 'safe-storage'
  readonly kind = 'wrap'
  readonly #state: SafeStorageKeyState

  constructor(state: SafeStorageKeyState) {
    this.#state = state
  }

  /** Read when it is needed: Electron knows the backend only after the app is ready. */
  get protection(): KeyProtection {
    if (this.#state.platform === 'darwin') return 'os-acl'
    return this.#isPlaintext ? 'none' : 'os-user'
  }

  async wrap(key: Uint8Array, options: KeyRequestOptions = {}): Promise<Uint8Array> {
    checkKey(key)
    const text = Buffer.from(key).toString('base64')
    const wrapped = await this.#attempt(options, async () => await this.#state.encryption.encrypt(text))
    if ('kind' in wrapped) throw refusalError('wrap the key', wrapped)
    return Uint8Array.from(wrapped)
  }

  async unwrap(blob: Uint8Array, options: KeyRequestOptions = {}): Promise<KeyOutcome> {
    checkBlob(blob)
    const bytes = Buffer.from(blob)
    const answer = await this.#attempt(options, async () => await this.#state.encryption.decrypt(bytes))
    if ('kind' in answer) return answer
    if (answer.isTemporarilyUnavailable === true) return { kind: 'locked', why: 'the keychain cannot be reached now' }
    const key = Uint8Array.from(Buffer.from(answer.result, 'base64'))
    if (key.length !== KEY_BYTES) return { kind: 'corrupt', why: 'what safeStorage decrypted is not a key' }
    return answer.shouldReEncrypt === true ? { kind: 'found', key, rewrap: true } : { kind: 'found', key }
  }

  get #isPlaintext(): boolean {
    const { platform, safeStorage } = this.#state
    if (platform === 'darwin' || platform === 'win32') return false
    return !REAL_BACKENDS.has(safeStorage.getSelectedStorageBackend?.() ?? 'unknown')
  }

  async #attempt<T extends object>(options: KeyRequestOptions, work: () => Promise<T>): Promise<T | Refusal> {
    const { deadlineMs, allowPlaintext } = this.#state
    throwIfAborted(options.signal)
    if (this.#isPlaintext && !allowPlaintext) {
      const why = 'Electron has no keychain here (is the app ready? is gnome-keyring or KWallet installed?)'
      return { kind: 'unavailable', why }
    }
    try {
      return await withinDeadline(deadlineMs, options.signal, async () => {
        const isAvailable = await this.#state.encryption.isAvailable()
        return isAvailable
          ? await work()
          : { kind: 'unavailable' as const, why: 'Electron says that it cannot encrypt now' }
      })
    } catch (error) {
      if (error instanceof AccountError) throw error
      if (error instanceof Overdue) return { kind: 'locked', why: `safeStorage did not answer within ${deadlineMs} ms` }
      return { kind: 'locked', why: 'safeStorage failed: its keychain is locked, refused access, or has another key' }
    }
  }
}
