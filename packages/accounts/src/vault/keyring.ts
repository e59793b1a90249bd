import type { KeyObject } from 'node:crypto'
import { nodeCrypto } from '../builtin.ts'
import type { KeyProvider, KeyRequestOptions } from '../key-provider.ts'
import { linkPlace, newKeyId, readKeyId, readLink, writeKeyId } from './key-links.ts'
import type { Recipient } from './key-providers.ts'
import { type KeySlot, writeSlot } from './key-slots.ts'
import {
  LOCKED_BY_APP,
  type LockCause,
  lockedError,
  NOT_UNLOCKED_YET,
  noProvider,
  ROTATED_AWAY,
  worse,
} from './lock-cause.ts'
import { derivedKey, KEY_BYTES, unseal } from './sealing.ts'
import { type KeyringOptions, SlotKeeper } from './slot-keeper.ts'

interface OpenKeys {
  /** Names the data key; part of the place of every record that is sealed with it. */
  readonly id: string
  /** The data key itself, to be wrapped. */
  readonly dataKey: Uint8Array
  /** The same key as records are sealed with: preparing it anew for each one costs three times the sealing. */
  readonly recordKey: KeyObject
  readonly fingerprintKey: KeyObject
}

/**
 * The vault's data key, and the ways to it.
 *
 * Closed: nobody asked yet, or the last answer was no. Open: the data key is in memory until {@link Keyring.forget}.
 * A key is made only for a vault that has no slot at all; an existing slot is never replaced, whatever the answer.
 */
export class Keyring {
  readonly #options: KeyringOptions
  readonly #keeper: SlotKeeper
  readonly #failures = new Map<string, string>()
  #keys: OpenKeys | undefined
  #isSuspended = false
  #isFinishing = false
  #isSettled = false
  #closed: LockCause = NOT_UNLOCKED_YET
  /** Called when the key was rotated away from this process; perhaps inside a transaction. */
  onLockedOut: () => void = () => undefined

  constructor(options: KeyringOptions) {
    this.#options = options
    this.#keeper = new SlotKeeper(options)
  }

  get isOpen(): boolean {
    return this.#keys !== undefined && !this.#isSuspended
  }

  get lockCause(): LockCause | undefined {
    return this.isOpen ? undefined : this.#closed
  }

  /** Why each provider that was asked could not open the vault, the last time. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures
  }

  get slots(): KeySlot[] {
    return this.#keeper.slots
  }

  /** Every provider that this process was given. */
  get providers(): readonly KeyProvider[] {
    return this.#keeper.providers
  }

  /** @throws AccountError `ERR_VAULT_LOCKED` or `ERR_VAULT_KEY_LOST` while closed. */
  get dataKey(): Uint8Array {
    return this.#open.dataKey
  }

  get recordKey(): KeyObject {
    return this.#open.recordKey
  }

  get fingerprintKey(): KeyObject {
    return this.#open.fingerprintKey
  }

  get keyId(): string {
    return this.#open.id
  }

  /** Takes over the key that another process rotated to. Without a way to it the vault is locked. */
  catchUp(): void {
    const { database, vaultId } = this.#options
    for (;;) {
      const { id, dataKey } = this.#open
      if (this.#isSettled) return
      if (readKeyId(database) === id) return
      const link = readLink(database, id)
      const next = link && openedLink(dataKey, link.wrapped, linkPlace(vaultId, id))
      if (link === undefined || next === undefined) {
        this.forget()
        this.#closed = ROTATED_AWAY
        this.onLockedOut()
        return
      }
      this.#keep(next, link.to)
    }
  }

  /** The same for who only looks: in time, while the way from the old key to the new one is still there. */
  followRotation(): void {
    if (this.isOpen) this.catchUp()
  }

  /** The key of each slot, from its provider. @throws AccountError when one cannot give it now. */
  async slotKeys(request: KeyRequestOptions): Promise<Map<string, Uint8Array>> {
    return await this.#keeper.slotKeys(request)
  }

  /** Call after the transaction that re-sealed everything. */
  rotateTo(dataKey: Uint8Array, id: string): void {
    this.#keep(dataKey, id)
  }

  /** Gives one more provider a way into the vault. @throws AccountError `ERR_VAULT_LOCKED`, `ERR_VAULT_UNAVAILABLE`. */
  async add(recipient: Recipient, request: KeyRequestOptions): Promise<void> {
    void this.dataKey
    const known = new Set(this.slots.map((slot) => slot.provider))
    if (recipient.some((provider) => known.has(provider.id))) return
    const refusals: LockCause[] = []
    await this.#options.exclusively(async () => {
      const slot = await this.#keeper.slotFor(recipient, this.dataKey, request, refusals)
      if (slot === undefined) throw noProvider(refusals)
      await this.#keeper.write(slot)
    })
    this.#keeper.give(recipient)
  }

  /** @throws AccountError `ERR_DENIED` for the last one: without it nobody could open the vault. */
  async remove(providerId: string): Promise<boolean> {
    void this.dataKey
    return await this.#keeper.remove(providerId)
  }

  /** Refuses the key from now on, except to what is being finished: an answer on its way has to be saved. */
  suspend(): void {
    this.#isSuspended = true
    this.#closed = LOCKED_BY_APP
  }

  /** Runs a synchronous write, which may use the key also while it is suspended. */
  finishing<T>(write: () => T): T {
    this.#isFinishing = true
    try {
      return write()
    } finally {
      this.#isFinishing = false
    }
  }

  /** Runs a write inside a transaction, in which nobody else can rotate the key: one look at it is enough. */
  inTransaction<T>(write: () => T): T {
    this.#isFinishing = true
    try {
      if (this.#keys !== undefined) this.catchUp()
      this.#isSettled = true
      return write()
    } finally {
      this.#isFinishing = false
      this.#isSettled = false
    }
  }

  forget(): void {
    this.#keys?.dataKey.fill(0)
    this.#keys = undefined
    this.#keeper.forget()
    this.#isSuspended = false
    this.#closed = LOCKED_BY_APP
  }

  /**
   * Opens the vault through the first provider that can, or makes its first key.
   *
   * @returns Whether it is open now.
   * @throws AccountError `ERR_VAULT_UNAVAILABLE` when a new vault finds no provider that works, or an existing one is
   *   guarded less well than `minProtection`.
   */
  async unlock(request: KeyRequestOptions): Promise<boolean> {
    if (this.isOpen) return true
    // Unlocked again while an answer was still on its way.
    if (this.#keys !== undefined) this.forget()
    if (this.slots.length > 0) return await this.#openSlots(request)
    return await this.#options.exclusively(async () =>
      this.slots.length > 0 ? await this.#openSlots(request) : await this.#createFirstSlots(request),
    )
  }

  get #open(): OpenKeys {
    const isRefused = this.#isSuspended && !this.#isFinishing
    if (this.#keys === undefined || isRefused) throw lockedError(this.#closed)
    return this.#keys
  }

  async #openSlots(request: KeyRequestOptions): Promise<boolean> {
    const slots = this.slots
    this.#failures.clear()
    this.#keeper.checkProtection(slots)
    for (const [slot, provider] of this.#pairsOf(slots)) {
      const outcome = await this.#keeper.tryProvider(slot, provider, request)
      if (outcome.kind === 'opened') {
        this.#keeper.keep(slot.provider, outcome.slotKey)
        this.#keep(outcome.dataKey, readKeyId(this.#options.database))
        if (outcome.renewed !== undefined && !this.#options.database.readOnly) await this.#keeper.write(outcome.renewed)
        await this.#addMissingRecipients(request)
        return true
      }
      this.#failures.set(outcome.provider, outcome.why)
      this.#closed = worse(this.#closed, outcome)
    }
    return false
  }

  #keep(dataKey: Uint8Array, id: string): void {
    const { createSecretKey } = nodeCrypto()
    this.#keys = {
      id,
      dataKey,
      recordKey: createSecretKey(dataKey),
      fingerprintKey: createSecretKey(derivedKey(dataKey, 'fingerprint')),
    }
  }

  /** The slots that a given provider may open, in the order in which the app named the providers. */
  #pairsOf(slots: readonly KeySlot[]): [KeySlot, KeyProvider][] {
    const pairs = this.providers.flatMap((provider): [KeySlot, KeyProvider][] => {
      const slot = slots.find((candidate) => candidate.provider === provider.id)
      return slot === undefined ? [] : [[slot, provider]]
    })
    const names = slots.map((slot) => slot.provider).join(', ')
    this.#closed =
      pairs.length === 0
        ? { kind: 'locked', why: `it was made with ${names}, which this app does not use`, provider: names }
        : { kind: 'lost', why: '', provider: '' }
    return pairs
  }

  async #createFirstSlots(request: KeyRequestOptions): Promise<boolean> {
    const dataKey = new Uint8Array(nodeCrypto().randomBytes(KEY_BYTES))
    const keyId = newKeyId()
    const refusals: LockCause[] = []
    const made: KeySlot[] = []
    for (const recipient of this.#options.recipients) {
      const slot = await this.#keeper.slotFor(recipient, dataKey, request, refusals)
      if (slot !== undefined) made.push(slot)
    }
    if (made.length === 0) {
      const locked = refusals.find((refusal) => refusal.kind === 'locked')
      if (locked === undefined) throw noProvider(refusals)
      this.#closed = locked
      return false
    }
    await this.#options.database.write(() => {
      for (const slot of made) writeSlot(this.#options.database, slot, this.#options.now())
      writeKeyId(this.#options.database, keyId)
    })
    this.#keep(dataKey, keyId)
    return true
  }

  /** Every provider that is given becomes a recipient, also of a vault that exists. */
  async #addMissingRecipients(request: KeyRequestOptions): Promise<void> {
    if (this.#keeper.missingRecipients().length === 0 || this.#options.database.readOnly) return
    await this.#options.exclusively(async () => {
      for (const recipient of this.#keeper.missingRecipients()) {
        const slot = await this.#keeper.slotFor(recipient, this.dataKey, request, [])
        if (slot !== undefined) await this.#keeper.write(slot)
      }
    })
  }
}

/** A link that was damaged leads nowhere: whoever needs it has to ask a provider again. */
function openedLink(dataKey: Uint8Array, wrapped: Uint8Array, place: readonly string[]): Uint8Array | undefined {
  try {
    return unseal(dataKey, wrapped, place)
  } catch {
    return undefined
  }
}
