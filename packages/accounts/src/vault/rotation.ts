import { nodeCrypto } from '../builtin.ts'
import { AccountError } from '../errors.ts'
import type { KeyRequestOptions } from '../key-provider.ts'
import type { SealedCredential } from './account-records.ts'
import { isKeyWorn, readKeyBirth, writeKeyBirth } from './key-age.ts'
import { dropOldLinks, linkPlace, newKeyId, readKeyId, writeKeyId, writeLink } from './key-links.ts'
import { rewrapped, writeSlot } from './key-slots.ts'
import { type SealedPlace, sealedPlace } from './sealed-place.ts'
import { derivedKey, fingerprint, KEY_BYTES, seal, UnsealError, unseal } from './sealing.ts'
import type { StoredToken } from './token-records.ts'
import { damagedRecord, type Vault } from './vault.ts'

interface Key {
  readonly id: string
  readonly dataKey: Uint8Array
}

/**
 * Gives the vault a new data key (CR-14): every record, every slot and the header change in one transaction, so that
 * a process that is killed at any step leaves a vault that one key opens.
 *
 * @throws AccountError `ERR_VAULT_UNAVAILABLE` when a provider cannot give the key of its slot; nothing is changed.
 */
export async function rotateDataKey(vault: Vault, request: KeyRequestOptions, now: number): Promise<void> {
  const { database, keyring } = vault
  void keyring.dataKey
  const slotKeys = await keyring.slotKeys(request)
  const next: Key = { id: newKeyId(), dataKey: new Uint8Array(nodeCrypto().randomBytes(KEY_BYTES)) }
  const rotate = (): void => {
    vault.checkInPlace()
    keyring.catchUp()
    const current: Key = { id: keyring.keyId, dataKey: keyring.dataKey }
    reseal(vault, current, next)
    for (const slot of keyring.slots) {
      const slotKey = slotKeys.get(slot.provider)
      if (slotKey === undefined) throw addedMeanwhile(slot.provider)
      writeSlot(database, rewrapped(slot, slotKey, next.dataKey, vault.id), now)
    }
    dropOldLinks(database, now)
    const wrapped = seal(current.dataKey, next.dataKey, linkPlace(vault.id, current.id))
    writeLink(database, current.id, { to: next.id, wrapped }, now)
    writeKeyId(database, next.id)
    writeKeyBirth(database, { at: now, revision: vault.feed.latest })
  }
  // Alone: a write behind it in the same transaction would take over a key that is not durable yet.
  await database.write(rotate, { alone: true })
  if (readKeyId(database) === next.id) keyring.rotateTo(next.dataKey, next.id)
}

/** Rotates a key that is worn, without asking anybody. A vault from before keys had a birth gets one. */
export async function rotateWornKey(vault: Vault, now: number): Promise<void> {
  const { database, keyring, feed } = vault
  if (!keyring.isOpen || database.readOnly) return
  const birth = readKeyBirth(database)
  if (birth === undefined) {
    await database.write(() => writeKeyBirth(database, { at: now, revision: feed.latest }))
  } else if (isKeyWorn(birth, now, feed.latest)) {
    await rotateDataKey(vault, { interaction: 'never' }, now)
  }
}

function reseal(vault: Vault, from: Key, to: Key): void {
  const { database } = vault
  const move = (place: SealedPlace, data: Uint8Array): { data: Uint8Array; plain: Uint8Array } => {
    const plain = opened(vault, from, place, data)
    return { plain, data: seal(to.dataKey, plain, sealedPlace(vault.id, to.id, place)) }
  }
  resealAccounts(vault, from, to, move)
  const tokens = database.prepare('SELECT account, key, data FROM token').all()
  const fingerprintKey = derivedKey(to.dataKey, 'fingerprint')
  for (const row of tokens) {
    const [account, key] = [String(row['account']), String(row['key'])]
    const moved = move({ kind: 'token', owner: account, field: key }, row['data'] as Uint8Array)
    const { value } = parsed(moved.plain) as StoredToken
    database
      .prepare('UPDATE token SET data = ?, fingerprint = ? WHERE account = ? AND key = ?')
      .run(moved.data, fingerprint(fingerprintKey, value), account, key)
  }
  for (const row of database.prepare('SELECT account, data FROM revocation').all()) {
    const account = String(row['account'])
    const { data } = move({ kind: 'credential', owner: account, field: 'credential' }, row['data'] as Uint8Array)
    database.prepare('UPDATE revocation SET data = ? WHERE account = ?').run(data, account)
  }
  for (const row of database.prepare('SELECT type, data FROM authenticator_record').all()) {
    const type = String(row['type'])
    const { data } = move({ kind: 'authenticator', owner: type, field: 'configuration' }, row['data'] as Uint8Array)
    database.prepare('UPDATE authenticator_record SET data = ? WHERE type = ?').run(data, type)
  }
}

/** @throws AccountError `ERR_VAULT_CORRUPT`: what cannot be read cannot be given another key, and nothing is dropped. */
function opened(vault: Vault, { id, dataKey }: Key, place: SealedPlace, data: Uint8Array): Uint8Array {
  try {
    return unseal(dataKey, data, sealedPlace(vault.id, id, place))
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error
    throw damagedRecord(place)
  }
}

type Move = (place: SealedPlace, data: Uint8Array) => { data: Uint8Array; plain: Uint8Array }

function resealAccounts({ database }: Vault, from: Key, to: Key, move: Move): void {
  const [fromFingerprint, toFingerprint] = [
    derivedKey(from.dataKey, 'fingerprint'),
    derivedKey(to.dataKey, 'fingerprint'),
  ]
  for (const row of database.prepare('SELECT account, kind, data FROM sealed').all()) {
    const [account, kind] = [String(row['account']), row['kind'] as 'credential' | 'profile']
    const moved = move({ kind, owner: account, field: kind }, row['data'] as Uint8Array)
    database.prepare('UPDATE sealed SET data = ? WHERE account = ? AND kind = ?').run(moved.data, account, kind)
    const { password } = kind === 'credential' ? (parsed(moved.plain) as SealedCredential) : { password: undefined }
    if (password === undefined) continue
    // A doubt about this very credential has to survive under its new fingerprint.
    database
      .prepare('UPDATE account SET doubtful = ? WHERE id = ? AND doubtful = ?')
      .run(fingerprint(toFingerprint, password), account, fingerprint(fromFingerprint, password))
    // And so has the intent of whoever is renewing it right now.
    database
      .prepare('UPDATE lease SET intent = replace(intent, ?, ?) WHERE resource = ? AND intent IS NOT NULL')
      .run(fingerprint(fromFingerprint, password), fingerprint(toFingerprint, password), `account:${account}`)
  }
}

function parsed(plain: Uint8Array): unknown {
  return JSON.parse(Buffer.from(plain).toString('utf8'))
}

function addedMeanwhile(provider: string): AccountError {
  return new AccountError(
    'ERR_VAULT_UNAVAILABLE',
    `${provider} was added while the key was being rotated; rotate again`,
    {
      retryable: true,
    },
  )
}
