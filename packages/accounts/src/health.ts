import type { VaultHealth, VaultProblem } from './account-manager-types.ts'
import type { Engine } from './engine.ts'
import type { KeyProvider } from './key-provider.ts'
import { isStructureWhole } from './storage/structure.ts'
import { lockedError } from './vault/lock-cause.ts'
import type { Vault } from './vault/vault.ts'

/** What can be said of the vault without asking a keychain again. */
export function vaultHealth(engine: Engine, providers: readonly KeyProvider[]): VaultHealth {
  const { vault, index } = engine
  const { slots, lockCause } = vault.keyring
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  const problems: VaultProblem[] = []
  const locked = lockProblem(vault)
  if (locked !== undefined) problems.push(locked)
  if (vault.database.readOnly) problems.push(READ_ONLY)
  if (vault.database.isReplaced) problems.push(REPLACED)
  if (vault.setAsideTo !== undefined) problems.push(setAside(vault.setAsideTo))
  const damage = damageIn(vault)
  if (damage !== undefined) problems.push(damage)
  const ok = problems.length === 0
  // A choice that somebody made on purpose is said, but nothing is broken.
  for (const slot of slots) if (slot.protection === 'none') problems.push(unprotected(slot.provider))
  if (lockCause === undefined) for (const [id, why] of vault.keyring.failures) problems.push(broken(id, why))
  problems.push(...interrupted(engine))
  const needsAttention = [...index.all()].filter(
    (record) => record.state !== 'ok' && record.state !== 'degraded',
  ).length
  return {
    ok,
    locked: lockCause !== undefined,
    providers: slots.map((slot) => {
      const why = byId.has(slot.provider) ? vault.keyring.failures.get(slot.provider) : 'this app does not use it'
      const usable = why === undefined
      return { id: slot.provider, protection: slot.protection, usable, ...(why !== undefined && { why }) }
    }),
    persistence: slots.length > 0 && slots.every((slot) => isVolatile(byId.get(slot.provider))) ? 'memory' : 'disk',
    accounts: index.size,
    needsAttention,
    directory: vault.files.directory,
    problems,
  }
}

/** A bit that flipped in the index can make accounts invisible without any error: the structure is looked through. */
function damageIn({ database }: Vault): VaultProblem | undefined {
  if (isStructureWhole(database)) return undefined
  return {
    code: 'ERR_VAULT_CORRUPT',
    message: 'the file of the vault is damaged: some accounts or tokens may be missing from what it shows',
    fix: 'Restore it from a backup, or open with `recover: true` to set it aside and start anew.',
  }
}

/** What processes left behind that died in the middle of something. The next renewal of the account clears it away. */
function interrupted({ vault, index }: Engine): VaultProblem[] {
  const { database } = vault
  if (database.readOnly || database.prepare('SELECT 1 FROM lease LIMIT 1').get() === undefined) return []
  return vault.leases.abandoned().map(({ resource, hasIntent }) => {
    const account = index.get(resource.slice(resource.indexOf(':') + 1))?.account
    const what = account === undefined ? 'a sign-in' : `${account.name} (${account.type})`
    return {
      code: 'ERR_LOCK_TIMEOUT',
      message: hasIntent
        ? `an app ended while it renewed ${what}: whether the service answered is not known`
        : `an app ended while it worked on ${what}`,
      fix: 'Nothing has to be done: the next one that needs a token of it takes over.',
    }
  })
}

/** Why the vault is locked, and what to do; `undefined` while it is open. */
export function lockProblem({ keyring }: Vault): VaultProblem | undefined {
  const { lockCause } = keyring
  if (lockCause === undefined) return undefined
  const { code, message } = lockedError(lockCause)
  return { code, message, fix: FIXES[lockCause.kind] }
}

const FIXES = {
  locked: 'Unlock the keychain or enter the passphrase, then unlock the vault.',
  unavailable: 'Start the keychain service, or use the provider with which the vault was made.',
  lost: 'Restore the key from where it was kept. Without it the accounts have to sign in again in a new vault.',
} as const

/** The file that was opened is not there any more. */
export const REPLACED: VaultProblem = {
  code: 'ERR_VAULT_UNAVAILABLE',
  message: 'the file of the vault was deleted or replaced while it was open: nothing more is written',
  fix: 'Close this app and open it again; restore the vault before, if it was deleted.',
}

const READ_ONLY: VaultProblem = {
  code: 'ERR_STORAGE_WRITE',
  message: 'the vault is on a read-only disk: valid tokens are served, nothing is renewed',
  fix: 'Make the folder of the vault writable.',
}

function setAside(file: string): VaultProblem {
  return {
    code: 'ERR_VAULT_CORRUPT',
    message: `the vault was damaged and was moved to ${file}; a new one was started`,
    fix: 'Keep that file until every account has signed in again.',
  }
}

/** The vault is open, through another one: who counts on both has only that one. */
function broken(provider: string, why: string): VaultProblem {
  return {
    code: 'ERR_VAULT_UNAVAILABLE',
    message: `${provider} cannot open this vault: ${why}`,
    fix: 'Mend it, or remove it and add it again while the vault is open.',
  }
}

function unprotected(provider: string): VaultProblem {
  return {
    code: 'ERR_VAULT_UNAVAILABLE',
    message: `the key that ${provider} holds can be read by every program of this user`,
    fix: 'Use the OS keychain or a passphrase where there is one.',
  }
}

function isVolatile(provider: KeyProvider | undefined): boolean {
  return provider?.volatile === true
}
