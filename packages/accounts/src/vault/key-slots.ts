import type { KeyOutcome, KeyProtection, KeyProvider, KeyRequestOptions } from '../key-provider.ts'
import { project } from '../project.ts'
import type { Database } from '../storage/database.ts'
import { askForKey, askToWrap } from './provider-call.ts'
import { KEY_BYTES, seal, UnsealError, unseal } from './sealing.ts'

/** One way into the vault: the data key, wrapped with a key that one provider keeps. */
export interface KeySlot {
  readonly provider: string
  readonly protection: KeyProtection
  readonly kind: KeyProvider['kind']
  readonly keyName: string
  readonly wrappedSlotKey: Uint8Array | undefined
  readonly keyCheck: Uint8Array
  readonly wrappedDataKey: Uint8Array
}

/** What came of trying one slot. `lost`: the key is gone, is another one, or has no usable form. */
export type SlotOutcome =
  | {
      readonly kind: 'opened'
      readonly dataKey: Uint8Array
      readonly slotKey: Uint8Array
      /** The same slot, wrapped anew, when the provider asked for that. */
      readonly renewed?: KeySlot
    }
  | {
      readonly kind: 'locked' | 'unavailable' | 'lost'
      readonly why: string
      readonly provider: string
      /** Somebody said no to a prompt. */
      readonly denied?: boolean
    }

const CHECK_TEXT = Buffer.from('this key opens this slot')

interface SlotRow {
  provider: string
  protection: KeyProtection
  kind: KeyProvider['kind']
  key_name: string
  wrapped_slot_key: Uint8Array | null
  key_check: Uint8Array
  wrapped_data_key: Uint8Array
}

export function readSlots(database: Database): KeySlot[] {
  const rows = database.prepare('SELECT * FROM key_slot ORDER BY created_at, provider').all() as unknown as SlotRow[]
  return rows.map((row) => ({
    provider: row.provider,
    protection: row.protection,
    kind: row.kind,
    keyName: row.key_name,
    wrappedSlotKey: row.wrapped_slot_key ?? undefined,
    keyCheck: row.key_check,
    wrappedDataKey: row.wrapped_data_key,
  }))
}

/** Call inside a write transaction. */
export function writeSlot(database: Database, slot: KeySlot, now: number): void {
  database
    .prepare('INSERT OR REPLACE INTO key_slot VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(
      slot.provider,
      slot.protection,
      slot.kind,
      slot.keyName,
      slot.wrappedSlotKey ?? null,
      slot.keyCheck,
      slot.wrappedDataKey,
      Math.trunc(now),
    )
}

/** Call inside a write transaction. */
export function deleteSlot(database: Database, provider: string): void {
  database.prepare('DELETE FROM key_slot WHERE provider = ?').run(provider)
}

/** The same slot around another data key. */
export function rewrapped(slot: KeySlot, slotKey: Uint8Array, dataKey: Uint8Array, vaultId: string): KeySlot {
  return { ...slot, wrappedDataKey: seal(slotKey, dataKey, dataKeyPlace(vaultId, slot.provider)) }
}

/** The key with which the slot wraps; `undefined` when the provider cannot give the right one now. */
export async function slotKeyOf(
  slot: KeySlot,
  provider: KeyProvider,
  vaultId: string,
  request: KeyRequestOptions,
): Promise<Uint8Array | undefined> {
  const outcome = await askProvider(slot, provider, request)
  return outcome.kind === 'found' && isRightKey(slot, vaultId, outcome.key) ? outcome.key : undefined
}

/** Wraps `dataKey` with `slotKey`. The check value tells a wrong key from a damaged record. */
export function createSlot(
  provider: KeyProvider,
  vaultId: string,
  keys: { keyName: string; slotKey: Uint8Array; wrappedSlotKey?: Uint8Array; dataKey: Uint8Array },
): KeySlot {
  const { keyName, slotKey, wrappedSlotKey, dataKey } = keys
  return {
    provider: provider.id,
    protection: provider.protection,
    kind: provider.kind,
    keyName,
    wrappedSlotKey,
    keyCheck: seal(slotKey, CHECK_TEXT, checkPlace(vaultId, provider.id)),
    wrappedDataKey: seal(slotKey, dataKey, dataKeyPlace(vaultId, provider.id)),
  }
}

/** Asks the provider of a slot for its key and opens the slot with it. */
export async function openSlot(
  slot: KeySlot,
  provider: KeyProvider,
  vaultId: string,
  options: KeyRequestOptions,
): Promise<SlotOutcome> {
  const outcome = await askProvider(slot, provider, options)
  switch (outcome.kind) {
    case 'found': {
      const opened = openWith(slot, vaultId, outcome.key)
      if (opened.kind !== 'opened' || outcome.rewrap !== true || provider.kind !== 'wrap') return opened
      const wrapped = await askToWrap(provider, outcome.key, options)
      // The old blob still opens it; the next time is another chance.
      if (wrapped.kind !== 'wrapped') return opened
      return { ...opened, renewed: { ...slot, wrappedSlotKey: wrapped.blob } }
    }
    case 'locked':
      return { kind: 'locked', why: outcome.why, provider: provider.id }
    case 'unavailable':
      return { kind: 'unavailable', why: outcome.why, provider: provider.id }
    case 'denied':
      // A denied passphrase is a wrong one; a denied keychain said no this time.
      if (slot.protection === 'passphrase') return { kind: 'lost', why: outcome.why, provider: provider.id }
      // A file that others may read is not unlocked, but mended.
      if (slot.protection === 'none') return { kind: 'unavailable', why: outcome.why, provider: provider.id }
      return { kind: 'locked', why: outcome.why, provider: provider.id, denied: true }
    case 'absent':
    case 'corrupt':
      return { kind: 'lost', why: outcome.why, provider: provider.id }
  }
}

async function askProvider(slot: KeySlot, provider: KeyProvider, options: KeyRequestOptions): Promise<KeyOutcome> {
  if (provider.kind !== slot.kind) return { kind: 'corrupt', why: `the slot was made by a ${slot.kind} provider` }
  const { keyName, wrappedSlotKey } = slot
  if (provider.kind === 'store') {
    return await askForKey(provider, options, async () => await provider.load(keyName, options))
  }
  if (wrappedSlotKey === undefined) return { kind: 'corrupt', why: 'the slot has no wrapped key' }
  return await askForKey(provider, options, async () => await provider.unwrap(wrappedSlotKey, options))
}

function openWith(slot: KeySlot, vaultId: string, slotKey: Uint8Array): SlotOutcome {
  if (!isRightKey(slot, vaultId, slotKey)) {
    return { kind: 'lost', why: `the key that ${slot.provider} holds is another one`, provider: slot.provider }
  }
  try {
    const dataKey = unseal(slotKey, slot.wrappedDataKey, dataKeyPlace(vaultId, slot.provider))
    return { kind: 'opened', dataKey, slotKey }
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error
    // Another slot may open the vault.
    return { kind: 'lost', why: `the key slot of ${slot.provider} is damaged`, provider: slot.provider }
  }
}

export function isRightKey(slot: KeySlot, vaultId: string, slotKey: Uint8Array): boolean {
  if (slotKey.length !== KEY_BYTES) return false
  try {
    unseal(slotKey, slot.keyCheck, checkPlace(vaultId, slot.provider))
    return true
  } catch (error) {
    if (error instanceof UnsealError) return false
    throw error
  }
}

function checkPlace(vaultId: string, provider: string): string[] {
  return [`${project.folder}-1`, vaultId, 'key-check', provider]
}

function dataKeyPlace(vaultId: string, provider: string): string[] {
  return [`${project.folder}-1`, vaultId, 'data-key', provider]
}
