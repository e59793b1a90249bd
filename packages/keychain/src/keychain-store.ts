import {
  AccountError,
  type KeyOutcome,
  type KeyProtection,
  type KeyRequestOptions,
  type StoreKeyProvider,
} from '@accountry/accounts'
import { checkKey, checkName, KEY_BYTES } from './arguments.ts'
import { Overdue, throwIfAborted, withinDeadline } from './deadline.ts'
import type { KeychainBackend } from './keychain-backend.ts'
import { keychainFailure, missingModule } from './keychain-failure.ts'
import { NativeCalls } from './native-calls.ts'
import { type Refusal, refusalError } from './refusal.ts'
import type { ItemState, SecretService } from './secret-service.ts'

export interface KeychainStoreOptions {
  readonly id: string
  readonly platform: NodeJS.Platform
  readonly environment: NodeJS.ProcessEnv
  readonly backend: KeychainBackend
  readonly deadlineMs: number
  readonly promptDeadlineMs: number
  /** Throws where this keychain must not be used at all. */
  readonly checkSupported?: () => void
}

type Locked = Extract<ItemState, { kind: 'locked' }>

/**
 * A key in the OS keychain, reached through a native module that must not be trusted with time or with emptiness.
 *
 * Where the keychain is a Secret Service, each call first asks it, without a prompt, whether the entry is there and
 * unlocked. Locked and no interaction allowed ends it. Locked and allowed: a helper process reads and may prompt, or
 * the collection is unlocked over the bus and then read here. Only what is unlocked is read in this process.
 * On Windows nothing prompts. On macOS nothing tells beforehand whether it will, so every read may be killed.
 */
export class KeychainStore implements StoreKeyProvider {
  readonly id: string
  readonly kind = 'store'
  readonly protection: KeyProtection
  readonly #options: KeychainStoreOptions
  readonly #calls = new NativeCalls()

  constructor(options: KeychainStoreOptions) {
    this.id = options.id
    this.protection = options.platform === 'darwin' ? 'os-acl' : 'os-user'
    this.#options = options
  }

  async load(name: string, options: KeyRequestOptions = {}): Promise<KeyOutcome> {
    this.#check(name)
    throwIfAborted(options.signal)
    const state = await this.#stateOf(name, options.signal)
    if (state === undefined || state.kind === 'readable') return await this.#read(name, options)
    const mayPrompt = options.interaction === 'allow'
    if (mayPrompt && 'isItem' in state) return await this.#readAfterPrompt(name, state, options)
    return { kind: state.kind, why: state.why }
  }

  async store(name: string, key: Uint8Array): Promise<void> {
    this.#check(name)
    checkKey(key)
    const copy = Uint8Array.from(key)
    await this.#change(name, 'store the key', () => this.#options.backend.write(name, copy))
    const kept = await this.#read(name, {})
    if (kept.kind === 'found' && Buffer.from(kept.key).equals(copy)) return
    const found = kept.kind === 'found' ? 'another key' : `nothing usable (${kept.why})`
    throw new AccountError(
      'ERR_STORAGE_WRITE',
      `the keychain accepted the key and then returned ${found}; the key is not used. Try again`,
    )
  }

  async delete(name: string): Promise<void> {
    this.#check(name)
    await this.#change(name, 'delete the key', () => this.#options.backend.remove(name))
  }

  #check(name: string): void {
    checkName(name)
    this.#options.checkSupported?.()
  }

  get #usesSecretService(): boolean {
    return this.#options.platform !== 'darwin' && this.#options.platform !== 'win32'
  }

  /** `undefined` where nothing can tell without reading. */
  async #stateOf(name: string, signal: AbortSignal | undefined): Promise<ItemState | Refusal | undefined> {
    if (!this.#usesSecretService) return undefined
    const attributes = this.#options.backend.attributesOf(name)
    return await this.#attempt(this.#options.deadlineMs, signal, async (inTime) => {
      return await this.#askService(inTime, async (service) => await service.stateOf(attributes))
    })
  }

  async #askService<T>(signal: AbortSignal, question: (service: SecretService) => Promise<T>): Promise<T> {
    const service = await (await secretServices()).SecretService.open(this.#options.environment, signal)
    try {
      return await question(service)
    } finally {
      service.close()
    }
  }

  async #read(name: string, options: KeyRequestOptions): Promise<KeyOutcome> {
    const { backend, deadlineMs, platform } = this.#options
    if (platform === 'darwin' && backend.readKillably !== undefined) return await this.#readInHelper(name, options)
    return await this.#readWith(name, deadlineMs, options, async (signal) => {
      return await this.#calls.run(() => backend.read(name), signal)
    })
  }

  async #readInHelper(name: string, options: KeyRequestOptions): Promise<KeyOutcome> {
    const { backend, deadlineMs, promptDeadlineMs } = this.#options
    const patienceMs = options.interaction === 'allow' ? promptDeadlineMs : deadlineMs
    return await this.#readWith(name, patienceMs, options, async (signal) => await backend.readKillably?.(name, signal))
  }

  async #readAfterPrompt(name: string, state: Locked, options: KeyRequestOptions): Promise<KeyOutcome> {
    // The helper can only read, and a service that hides the entries of a locked collection answers it with nothing.
    if (state.isItem && this.#options.backend.readKillably !== undefined) return await this.#readInHelper(name, options)
    const unlocked = await this.#attempt(this.#options.promptDeadlineMs, options.signal, async (signal) => {
      return await this.#askService(signal, async (service) => await service.unlock(state.locked))
    })
    if (unlocked === false) return { kind: 'locked', why: 'the unlock prompt was dismissed, or none could be shown' }
    return unlocked === true ? await this.load(name, { ...options, interaction: 'never' }) : unlocked
  }

  async #readWith(
    name: string,
    deadlineMs: number,
    options: KeyRequestOptions,
    read: (signal: AbortSignal) => Promise<Uint8Array | undefined>,
  ): Promise<KeyOutcome> {
    const answer = await this.#attempt(deadlineMs, options.signal, async (signal) => (await read(signal)) ?? EMPTY)
    if (answer === EMPTY) return await this.#explainEmpty(name, options.signal)
    if (!(answer instanceof Uint8Array)) return answer
    if (answer.length === KEY_BYTES) return { kind: 'found', key: answer }
    return { kind: 'corrupt', why: `the keychain entry has ${answer.length} bytes instead of ${KEY_BYTES}` }
  }

  /** An empty answer means "absent" only when the Secret Service, asked again, says so and is not locked. */
  async #explainEmpty(name: string, signal: AbortSignal | undefined): Promise<KeyOutcome> {
    const state = await this.#stateOf(name, signal)
    if (state === undefined) return { kind: 'absent', why: 'the keychain has no such entry' }
    if (state.kind !== 'readable') return { kind: state.kind, why: state.why }
    return { kind: 'unavailable', why: 'the keychain lists the entry and does not return it' }
  }

  /** Writes and deletions never prompt: they come after a read, which unlocked what had to be unlocked. */
  async #change(name: string, what: string, change: () => Promise<void>): Promise<void> {
    const state = await this.#stateOf(name, undefined)
    if (state !== undefined && state.kind !== 'readable' && state.kind !== 'absent') throw refusalError(what, state)
    const refusal = await this.#attempt(this.#options.deadlineMs, undefined, async (signal) => {
      await this.#calls.run(change, signal)
    })
    if (refusal !== undefined) throw refusalError(what, refusal)
  }

  /** Runs `work`; what goes wrong with the keychain comes back as a refusal, everything else is thrown. */
  async #attempt<T>(
    deadlineMs: number,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | Refusal> {
    const { backend } = this.#options
    try {
      backend.load()
    } catch {
      return missingModule(backend.moduleName)
    }
    try {
      return await withinDeadline(deadlineMs, signal, work)
    } catch (error) {
      if (error instanceof AccountError) throw error
      if (error instanceof Overdue)
        return { kind: 'locked', why: `the keychain did not answer within ${deadlineMs} ms` }
      return (await secretServices()).secretServiceFailure(error) ?? keychainFailure(error)
    }
  }
}

const EMPTY = Symbol('no entry')

/** The D-Bus client is loaded when a keychain is asked: importing the package must cost next to nothing. */
async function secretServices(): Promise<typeof import('./secret-service.ts')> {
  return await import('./secret-service.ts')
}
