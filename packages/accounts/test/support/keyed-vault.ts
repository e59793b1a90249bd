import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AccountManager, KeyProvider } from '@accountry/accounts'
import { createFakeKeyProvider } from '@accountry/testing'
import { openManager, TYPE } from './managers.ts'
import { tempFolder } from './temp-folder.ts'

export const ANA = { type: TYPE, name: 'ana@example.com' }

/** Everything in the vault's header and slots, to see that nothing was overwritten. */
export function headerOf(directory: string): string {
  const database = new DatabaseSync(join(directory, 'vault.db'), { readOnly: true })
  try {
    const tables = ['header', 'key_slot', 'account', 'sealed'].map((table) =>
      database.prepare(`SELECT * FROM ${table}`).all(),
    )
    // When somebody said no is written down; nothing else may be.
    const rest = tables.map((rows) => rows.filter((row) => !String(row['name']).startsWith('denied:')))
    return JSON.stringify(rest)
  } finally {
    database.close()
  }
}

/** A vault with one account and one provider. */
export async function madeVault(provider: KeyProvider = createFakeKeyProvider()): Promise<string> {
  const directory = tempFolder()
  const manager = await openManager({ directory, keyProvider: provider })
  await manager.addAccountExplicitly(ANA, { password: 'canary' })
  await manager.close()
  return directory
}

export async function passwordIn(manager: AccountManager): Promise<string | undefined> {
  const [account] = await manager.getAccounts()
  return await manager.getPassword(account ?? 'none')
}
