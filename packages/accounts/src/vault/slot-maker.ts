import { nodeCrypto } from '../builtin.ts'
import { AccountError } from '../errors.ts'
import type { KeyProtection, KeyProvider, KeyRequestOptions, StoreKeyProvider } from '../key-provider.ts'
import type { Recipient } from './key-providers.ts'
import { createSlot, type KeySlot } from './key-slots.ts'
import type { LockCause } from './lock-cause.ts'
import { isAtLeast } from './protection.ts'
import { askForKey, askToDo, askToWrap } from './provider-call.ts'
import { KEY_BYTES } from './sealing.ts'

export interface NewSlot {
  readonly slot: KeySlot
  readonly slotKey: Uint8Array
}

/** Makes ways into a vault. A slot is only made here; storing it is a transaction of the caller. */
export class SlotMaker {
  readonly #vaultId: string
  readonly #minProtection: KeyProtection | undefined

  constructor(vaultId: string, minProtection: KeyProtection | undefined) {
    this.#vaultId = vaultId
    this.#minProtection = minProtection
  }

  /**
   * A slot of the first provider of a recipient that works.
   *
   * @param refusals Gets the reason of each that does not.
   */
  async slotFor(
    recipient: Recipient,
    dataKey: Uint8Array,
    request: KeyRequestOptions,
    refusals: LockCause[],
  ): Promise<NewSlot | undefined> {
    const keyName = `vault:${this.#vaultId}`
    for (const provider of recipient) {
      if (!isAtLeast(provider.protection, this.#minProtection)) {
        const why = `its protection "${provider.protection}" is weaker than minProtection "${this.#minProtection}"`
        refusals.push({ kind: 'unavailable', why, provider: provider.id })
        continue
      }
      const key = await newSlotKey(provider, keyName, request)
      if ('slotKey' in key) {
        return { slotKey: key.slotKey, slot: createSlot(provider, this.#vaultId, { ...key, keyName, dataKey }) }
      }
      refusals.push(key)
      // A keychain that is only locked is the right one: the next rung would be chosen silently and for good.
      if (key.kind === 'locked') return undefined
    }
    return undefined
  }
}

/** The key for a new slot: what the provider already holds, or a random one that it agrees to keep. */
async function newSlotKey(
  provider: KeyProvider,
  keyName: string,
  request: KeyRequestOptions,
): Promise<{ slotKey: Uint8Array; wrappedSlotKey?: Uint8Array } | LockCause> {
  const slotKey = new Uint8Array(nodeCrypto().randomBytes(KEY_BYTES))
  if (provider.kind === 'wrap') {
    const answer = await askToWrap(provider, slotKey, request)
    return answer.kind === 'wrapped' ? { slotKey, wrappedSlotKey: answer.blob } : causeOf(provider, answer)
  }
  const outcome = await askForKey(provider, request, async () => await provider.load(keyName, request))
  if (outcome.kind === 'found') return { slotKey: outcome.key }
  if (outcome.kind !== 'absent') return causeOf(provider, outcome)
  const refusal = await askToDo(provider, request, async () => await provider.store(keyName, slotKey))
  if (refusal !== undefined) return causeOf(provider, refusal)
  // Some keychains say yes and keep nothing: the vault would be lost when this process ends.
  const kept = await askForKey(provider, request, async () => await provider.load(keyName, request))
  if (kept.kind === 'found') {
    return isSameKey(kept.key, slotKey) ? { slotKey } : causeOf(provider, { kind: 'corrupt', why: NOT_KEPT })
  }
  return causeOf(provider, kept.kind === 'absent' ? { kind: 'absent', why: NOT_KEPT } : kept)
}

const NOT_KEPT = 'it did not keep the key that it was given'

function isSameKey(one: Uint8Array, other: Uint8Array): boolean {
  return nodeCrypto().timingSafeEqual(one, other)
}

function causeOf({ id }: KeyProvider, { kind, why }: { readonly kind: string; readonly why: string }): LockCause {
  return { kind: kind === 'locked' || kind === 'denied' ? 'locked' : 'unavailable', why, provider: id }
}

/**
 * Deletes the key of a slot that is gone. A key that the person keeps, such as an environment variable, is theirs.
 *
 * @throws AccountError `ERR_VAULT_UNAVAILABLE`: the slot is gone, so the key opens nothing, but it is still there.
 */
export async function deleteSlotKey(provider: StoreKeyProvider, keyName: string): Promise<void> {
  const refusal = await askToDo(provider, { interaction: 'never' }, async () => {
    await provider.delete(keyName).catch((error: unknown) => {
      if ((error as { code?: unknown } | null)?.code !== 'ERR_UNSUPPORTED') throw error
    })
  })
  if (refusal === undefined) return
  throw new AccountError(
    'ERR_VAULT_UNAVAILABLE',
    `${provider.id} can no longer open this vault, but the key that it keeps could not be deleted: ${refusal.why}`,
    { action: 'unlock' },
  )
}
