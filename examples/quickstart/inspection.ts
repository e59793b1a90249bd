// A look at what the story left behind.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account, Accountry } from 'accountry'
import { type Place, taskFile } from './agenda.ts'

/** Prints what there is for each account: how its token is, never the token. */
export async function printTable(
  agenda: Accountry,
  place: Place,
  refreshes: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = [['ACCOUNT', 'STATE', 'ACCESS TOKEN', 'REFRESHES', 'SYNCS', 'TASKS']]
  for (const { account, state } of await agenda.accounts.getAccountInfos()) {
    const runs = await agenda.sync.getHistory({ account })
    const tasks = JSON.parse(await readFile(taskFile(place, account), 'utf8')) as unknown[]
    rows.push([
      account.name,
      state,
      await tokenText(agenda, account),
      String(refreshes.get(account.id) ?? 0),
      String(runs.filter(({ outcome }) => outcome === 'success').length),
      String(tasks.length),
    ])
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of rows)
    console.log(`   ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}

async function tokenText(agenda: Accountry, account: Account): Promise<string> {
  const token = await agenda.accounts.peekAuthToken(account, 'tasks')
  if (token?.expiresAt === undefined) return 'ended'
  return `${token.scheme}, ends in ${Math.max(0, Math.round((token.expiresAt - Date.now()) / 1000))} s`
}

/** Names of the files below `folder` that hold one of the secrets as it is. To be called when the vault is closed. */
export async function findSecrets(folder: string, secrets: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const contents = await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })))
  return contents.filter(({ bytes }) => secrets.some((secret) => bytes.includes(secret))).map(({ file }) => file)
}
