import type { KeyProviderInfo, VaultHealth } from '../account-manager-types.ts'
import { checkObject, checkOneOf, checkText } from '../arguments/checks.ts'
import { awaitForCaller, checkNotAborted } from '../caller-signal.ts'
import type { Engine } from '../engine.ts'
import { isAccountError } from '../errors.ts'
import { lockProblem, vaultHealth } from '../health.ts'
import type { KeyProvider } from '../key-provider.ts'
import type { OpenedManager } from '../open-manager.ts'
import type { TokenSource } from '../token-source.ts'
import { recipientsOf } from '../vault/key-providers.ts'
import { rotateDataKey } from '../vault/rotation.ts'

/** The key of the vault: locking and unlocking it, and who can. */
export class VaultKeys {
  readonly #opened: OpenedManager
  readonly #engine: Engine
  readonly #tokens: TokenSource
  #reopening: Promise<void> = Promise.resolve()

  constructor(opened: OpenedManager, tokens: TokenSource) {
    this.#opened = opened
    this.#engine = opened.engine
    this.#tokens = tokens
    // Not at once: it may be noticed in the middle of a transaction.
    this.#engine.vault.keyring.onLockedOut = () => queueMicrotask(() => this.#lockedOut())
  }

  async unlock(options: { interaction?: 'never' | 'allow'; signal?: AbortSignal }): Promise<boolean> {
    checkObject(options, 'options')
    const { interaction = 'allow', signal } = options
    checkOneOf(interaction, 'interaction', ['never', 'allow'])
    checkNotAborted(signal, 'unlocking')
    // Whoever was away while the key was rotated is locked out, and learns it only now.
    this.#engine.attend()
    // One question after the other: the next caller finds the vault open, or wants another kind of question.
    const isOpen = this.#reopening.then(async () => await this.#unlockNow(interaction, signal))
    this.#reopening = isOpen.then(ignore, ignore)
    return await awaitForCaller(isOpen, signal, 'unlocking')
  }

  async #unlockNow(interaction: 'never' | 'allow', signal: AbortSignal | undefined): Promise<boolean> {
    this.#engine.checkOpen()
    if (this.#engine.vault.keyring.isOpen) return true
    const isOpen = await this.#engine.vault.unlock({ interaction, ...(signal !== undefined && { signal }) })
    if (isOpen && !this.#engine.isClosed) this.#opened.announceVault('vault:unlocked')
    return isOpen
  }

  lock(): void {
    this.#engine.checkOpen()
    const { keyring } = this.#engine.vault
    if (!keyring.isOpen) return
    this.#engine.cache.clear()
    keyring.suspend()
    if (this.#tokens.isFlying) void this.#tokens.settled().then(() => this.#forgetKey())
    else keyring.forget()
    this.#opened.announceVault('vault:locked')
  }

  async add(provider: KeyProvider): Promise<void> {
    const recipients = recipientsOf(provider)
    this.#engine.attend()
    this.#engine.vault.checkInPlace()
    for (const recipient of recipients) await this.#engine.vault.keyring.add(recipient, {})
  }

  async remove(id: string): Promise<boolean> {
    checkText(id, 'id')
    this.#engine.attend()
    this.#engine.vault.checkInPlace()
    return await this.#engine.vault.keyring.remove(id)
  }

  async list(): Promise<KeyProviderInfo[]> {
    this.#engine.attend()
    const { slots, providers } = this.#engine.vault.keyring
    const given = new Set(providers.map((provider) => provider.id))
    return slots.map(({ provider, protection }) => ({ id: provider, protection, isGiven: given.has(provider) }))
  }

  async rotate(): Promise<void> {
    this.#engine.attend()
    await rotateDataKey(this.#engine.vault, {}, this.#engine.clock.now())
  }

  async health(): Promise<VaultHealth> {
    this.#engine.attend()
    return vaultHealth(this.#engine, this.#opened.providers)
  }

  /** Resolves when no provider is being asked in the background. */
  async settled(): Promise<void> {
    await this.#reopening
  }

  /** The key was rotated more than once while this process was away. The providers know the new one, without a prompt. */
  #lockedOut(): void {
    if (this.#engine.isClosed) return
    this.#engine.cache.clear()
    const { vault, log } = this.#engine
    this.#opened.announceVault('vault:locked', lockProblem(vault))
    this.#reopening = this.#reopening
      .then(async () => {
        if (!this.#engine.isClosed) await this.#unlockNow('never', undefined)
      })
      .catch((error: unknown) => {
        log.warn('vault.not-reopened', { error: isAccountError(error) ? error.code : 'unknown' })
      })
  }

  /** Unless the person unlocked it again meanwhile. */
  #forgetKey(): void {
    const { keyring } = this.#engine.vault
    if (!keyring.isOpen) keyring.forget()
  }
}

function ignore(): void {
  // Its own caller hears of it.
}
