// Where the vault's key is, said honestly, and cleaned up at the end.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Accountry } from 'accountry'
import { volatileKey } from 'accountry/keychain'
import { type OpenAgendaOptions, openAgenda, type Place } from './agenda.ts'

/** Opens a new vault. A keychain that is locked would keep it locked, so that the story takes a file instead. */
export async function openUnlocked(
  place: Place,
  options: OpenAgendaOptions,
): Promise<{ agenda: Accountry; place: Place }> {
  const agenda = await openAgenda(place, options)
  if (!(await agenda.accounts.health()).locked) return { agenda, place }
  console.log('   The OS keychain is locked and nobody is here to unlock it.')
  await agenda.close()
  await rm(join(place.folder, 'vault'), { recursive: true, force: true })
  const elsewhere = { ...place, withoutKeychain: true }
  return { agenda: await openAgenda(elsewhere, options), place: elsewhere }
}

/** What guards the key, in words. */
export async function guardOf({ accounts }: Accountry): Promise<string> {
  const { providers } = await accounts.health()
  const ids = providers.map(({ id }) => id)
  if (ids.includes('os-keychain')) return 'the OS keychain'
  return 'a file that only you may read, because there is no OS keychain here to be had'
}

/** Takes the key of this vault out of the keychain again: nothing of the story stays on the machine. */
export async function forgetKey({ accounts }: Accountry): Promise<void> {
  const providers = await accounts.getKeyProviders()
  await accounts.addKeyProvider(volatileKey())
  for (const { id } of providers) await accounts.removeKeyProvider(id)
}
