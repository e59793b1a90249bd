import {
  AccountError,
  isAccountError,
  type KeyOutcome,
  type KeyRequestOptions,
  type WrapKeyProvider,
} from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { checkBlob, checkKey, checkObject } from './arguments.ts'
import { throwIfAborted, untilAborted } from './deadline.ts'
import { DEFAULT_COST, damageOf, openKey, type ScryptCost, sealKey } from './passphrase-blob.ts'
import type { Refusal } from './refusal.ts'

/** Asking for a passphrase: the first time, or again. */
export interface PassphraseRequest {
  /** 1 for the first question, 2 after an empty or wrong answer, and so on. */
  readonly attempt: number
  /** Whether a new passphrase is chosen; the app may then want it typed twice. */
  readonly create: boolean
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal
}

export interface PassphraseKeyOptions {
  /** Asks the person. Rejecting `ERR_INTERACTION_CANCELED` means that they declined. */
  prompt(request: PassphraseRequest): Promise<string>
}

const MAX_ATTEMPTS = 3

/**
 * Guards the vault's key with a passphrase (scrypt with N = 2^17, r = 8, p = 1, and AES-256-GCM).
 *
 * The encrypted key lies in the vault; the passphrase is kept nowhere and asked for each time the vault is opened. An
 * empty or wrong answer is asked again, three times in all; then the outcome is `denied`. Damage is told from a wrong
 * passphrase before anybody is asked, and is `corrupt`. Deriving takes a few tenths of a second and 128 MiB, off the
 * event loop.
 *
 * The prompt is the app's own code, so it is called unless `interaction: 'never'` is passed: that is `locked`. A prompt
 * that is canceled or times out is `locked` too; one that fails in another way is `unavailable`. While wrapping a new
 * key the same cases reject `ERR_VAULT_LOCKED`, the prompt's own error, and `ERR_VAULT_UNAVAILABLE`.
 *
 * @example
 * ```ts
 * const keyProvider = passphraseKey({ prompt: async ({ create }) => await readLine(create ? 'New passphrase: ' : 'Passphrase: ') })
 * ```
 *
 * @throws TypeError when `prompt` is not a function.
 */
export function passphraseKey(options: PassphraseKeyOptions): WrapKeyProvider {
  return createPassphraseKey(options, DEFAULT_COST)
}

/** {@link passphraseKey} at another cost. */
export function createPassphraseKey(options: PassphraseKeyOptions, cost: ScryptCost): WrapKeyProvider {
  checkObject(options, 'options')
  if (typeof options.prompt !== 'function') {
    throw new TypeError(`prompt must be a function, received ${kindOf(options.prompt)}`)
  }
  return new PassphraseKey(options, cost)
}

class PassphraseKey implements WrapKeyProvider {
  readonly id = 'passphrase'
  readonly kind = 'wrap'
  readonly protection = 'passphrase'
  readonly #options: PassphraseKeyOptions
  readonly #cost: ScryptCost
  #lastQuestion: Promise<unknown> = Promise.resolve()

  constructor(options: PassphraseKeyOptions, cost: ScryptCost) {
    this.#options = options
    this.#cost = cost
  }

  async wrap(key: Uint8Array, options: KeyRequestOptions = {}): Promise<Uint8Array> {
    checkKey(key)
    const copy = Uint8Array.from(key)
    throwIfAborted(options.signal)
    if (options.interaction === 'never') throw new AccountError('ERR_VAULT_LOCKED', NOT_ALLOWED)
    return await this.#alone(async () => {
      const passphrase = await this.#newPassphrase(options.signal)
      return await sealKey(copy, passphrase, this.#cost)
    })
  }

  async unwrap(blob: Uint8Array, options: KeyRequestOptions = {}): Promise<KeyOutcome> {
    checkBlob(blob)
    const copy = Uint8Array.from(blob)
    throwIfAborted(options.signal)
    const damage = damageOf(copy)
    if (damage !== undefined) return { kind: 'corrupt', why: damage }
    if (options.interaction === 'never') return { kind: 'locked', why: NOT_ALLOWED }
    return await this.#alone(() => this.#unwrapByAsking(copy, options.signal))
  }

  /** Two questions at once would take each other's answers. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastQuestion.then(work)
    this.#lastQuestion = turn.catch(() => undefined)
    return await turn
  }

  async #newPassphrase(signal: AbortSignal | undefined): Promise<string> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const passphrase = await this.#ask({ attempt, create: true }, signal)
      if (passphrase !== '') return passphrase
    }
    throw new AccountError('ERR_INTERACTION_CANCELED', 'no passphrase was entered for the new key', {
      action: 'unlock',
    })
  }

  async #unwrapByAsking(blob: Uint8Array, signal: AbortSignal | undefined): Promise<KeyOutcome> {
    let isTried = false
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const answer = await this.#answerOrRefusal(attempt, signal)
      if (typeof answer !== 'string') return answer
      if (answer === '') continue
      const key = await openKey(blob, answer)
      throwIfAborted(signal)
      if (key !== undefined) return { kind: 'found', key }
      isTried = true
    }
    // Nothing was entered: that says nothing about the key.
    return isTried
      ? { kind: 'denied', why: 'the passphrase is wrong' }
      : { kind: 'locked', why: 'no passphrase was entered' }
  }

  async #answerOrRefusal(attempt: number, signal: AbortSignal | undefined): Promise<string | Refusal> {
    try {
      return await this.#ask({ attempt, create: false }, signal)
    } catch (error) {
      if (!isAccountError(error)) throw error
      const isUnanswered = error.code.startsWith('ERR_INTERACTION_')
      if (isUnanswered) return { kind: 'locked', why: 'the passphrase prompt was not answered' }
      if (error.code === 'ERR_VAULT_UNAVAILABLE') return { kind: 'unavailable', why: error.message }
      throw error
    }
  }

  async #ask(request: Omit<PassphraseRequest, 'signal'>, signal: AbortSignal | undefined): Promise<string> {
    const answer = await this.#prompted(request, signal)
    if (typeof answer === 'string') return answer
    throw new TypeError(`prompt must resolve a string, received ${kindOf(answer)}`)
  }

  async #prompted(request: Omit<PassphraseRequest, 'signal'>, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await untilAborted(signal, async (live) => await this.#options.prompt({ ...request, signal: live }))
    } catch (error) {
      if (isAccountError(error)) throw error
      throw new AccountError('ERR_VAULT_UNAVAILABLE', 'the passphrase prompt failed', { cause: error })
    }
  }
}

const NOT_ALLOWED = 'the passphrase may not be asked for now'
