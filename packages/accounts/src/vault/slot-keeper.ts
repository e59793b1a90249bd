import { AccountError } from '../errors.ts'
import type { KeyProtection, KeyProvider, KeyRequestOptions } from '../key-provider.ts'
import type { Database } from '../storage/database.ts'
import { hasPrompt, quietUntil, rememberDenial } from './denials.ts'
import type { Recipient } from './key-providers.ts'
import {
  deleteSlot,
  isRightKey,
  type KeySlot,
  openSlot,
  readSlots,
  type SlotOutcome,
  slotKeyOf,
  writeSlot,
} from './key-slots.ts'
import type { LockCause } from './lock-cause.ts'
import { isAtLeast } from './protection.ts'
import { deleteSlotKey, SlotMaker } from './slot-maker.ts'

export interface KeyringOptions {
  readonly database: Database
  readonly vaultId: string
  readonly recipients: readonly Recipient[]
  readonly minProtection?: KeyProtection | undefined
  readonly now: () => number
  /** Runs a task while no other process makes keys for this vault. */
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>
}

/** Who can open a vault: its slots, the providers that this process was given, and the keys that they gave. */
export class SlotKeeper {
  readonly #options: KeyringOptions
  readonly #maker: SlotMaker
  readonly #added: KeyProvider[] = []
  /** What opened a slot in this process. */
  readonly #slotKeys = new Map<string, Uint8Array>()

  constructor(options: KeyringOptions) {
    this.#options = options
    this.#maker = new SlotMaker(options.vaultId, options.minProtection)
  }

  get slots(): KeySlot[] {
    return readSlots(this.#options.database)
  }

  /** Every provider that this process was given. */
  get providers(): readonly KeyProvider[] {
    return [...this.#options.recipients.flat(), ...this.#added]
  }

  /** From now on these are asked, too. */
  give(recipient: Recipient): void {
    this.#added.push(...recipient)
  }

  /** What opened a slot need not be asked for again, which could mean a second prompt. */
  keep(provider: string, slotKey: Uint8Array): void {
    this.#slotKeys.set(provider, slotKey)
  }

  forget(): void {
    this.#slotKeys.clear()
  }

  /** The key of each slot, from its provider. @throws AccountError when one cannot give it now. */
  async slotKeys(request: KeyRequestOptions): Promise<Map<string, Uint8Array>> {
    const keys = new Map<string, Uint8Array>()
    for (const slot of this.slots) {
      const key = await this.#slotKey(slot, request)
      if (key === undefined) {
        throw new AccountError(
          'ERR_VAULT_UNAVAILABLE',
          `the key cannot be rotated while ${slot.provider} is out of reach; make it available, or remove it first`,
          { action: 'unlock' },
        )
      }
      keys.set(slot.provider, key)
    }
    return keys
  }

  /** @throws AccountError `ERR_DENIED` for the last one: without it nobody could open the vault. */
  async remove(providerId: string): Promise<boolean> {
    const slot = this.slots.find((candidate) => candidate.provider === providerId)
    if (slot === undefined) return false
    const { database } = this.#options
    await database.write(() => {
      // Two processes may remove the last two at once.
      if (readSlots(database).some((other) => other.provider !== providerId)) return deleteSlot(database, providerId)
      throw new AccountError(
        'ERR_DENIED',
        `${providerId} is the only key provider of this vault; add another one first`,
        { reason: 'removal_refused' },
      )
    })
    const provider = this.providers.find((candidate) => candidate.id === providerId)
    if (provider?.kind === 'store') await deleteSlotKey(provider, slot.keyName)
    return true
  }

  /** Whoever said no to a keychain's prompt is not asked again and again. */
  async tryProvider(slot: KeySlot, provider: KeyProvider, request: KeyRequestOptions): Promise<SlotOutcome> {
    const { database, vaultId, now } = this.#options
    const quiet = hasPrompt(provider) ? quietUntil(database, provider.id, now()) : undefined
    if (quiet !== undefined) {
      const why = `access was denied; it is asked again from ${new Date(quiet).toISOString()} on`
      return { kind: 'locked', why, provider: provider.id }
    }
    const outcome = await openSlot(slot, provider, vaultId, request)
    const isNo = request.interaction === 'allow' && outcome.kind === 'locked' && outcome.denied === true
    if (isNo && hasPrompt(provider)) await rememberDenial(database, provider.id, now())
    return outcome
  }

  checkProtection(slots: readonly KeySlot[]): void {
    const weak = slots.find((slot) => !isAtLeast(slot.protection, this.#options.minProtection))
    if (weak === undefined) return
    throw new AccountError(
      'ERR_VAULT_UNAVAILABLE',
      `the vault can be opened with ${weak.provider}, whose protection "${weak.protection}" is weaker than ` +
        `minProtection "${this.#options.minProtection}"; remove that provider, or lower minProtection`,
      { reason: 'weak_protection', action: 'contact-developer' },
    )
  }

  async write(slot: KeySlot): Promise<void> {
    const { database, now } = this.#options
    await database.write(() => writeSlot(database, slot, now()))
  }

  missingRecipients(): Recipient[] {
    const known = new Set(this.slots.map((slot) => slot.provider))
    return this.#options.recipients.filter((recipient) => !recipient.some((provider) => known.has(provider.id)))
  }

  async slotFor(
    recipient: Recipient,
    dataKey: Uint8Array,
    request: KeyRequestOptions,
    refusals: LockCause[],
  ): Promise<KeySlot | undefined> {
    const made = await this.#maker.slotFor(recipient, dataKey, request, refusals)
    if (made !== undefined) this.#slotKeys.set(made.slot.provider, made.slotKey)
    return made?.slot
  }

  async #slotKey(slot: KeySlot, request: KeyRequestOptions): Promise<Uint8Array | undefined> {
    // What opened the vault is known; asking again could mean a second prompt.
    const known = this.#slotKeys.get(slot.provider)
    if (known !== undefined && isRightKey(slot, this.#options.vaultId, known)) return known
    const provider = this.providers.find((candidate) => candidate.id === slot.provider)
    return provider === undefined ? undefined : await slotKeyOf(slot, provider, this.#options.vaultId, request)
  }
}
