import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openManager, TYPE } from './managers.ts'
import { tempFolder } from './temp-folder.ts'

export const ANA = { type: TYPE, name: 'ana@example.com' }
export const isRoot = process.getuid?.() === 0
export const NOBODY = 65_534

/** A closed vault with some accounts: one file of several pages, and no WAL. */
export async function madeVault(): Promise<{ directory: string; file: string }> {
  const directory = tempFolder()
  const manager = await openManager({ directory })
  await manager.addAccountExplicitly(ANA, { password: 'canary', userData: { note: 'x'.repeat(20_000) } })
  await manager.close()
  return { directory, file: join(directory, 'vault.db') }
}

export function contentOf(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return new Map(
    names
      .filter((name) => lstatSync(join(directory, name)).isFile() && name !== 'init.lock')
      .map((name) => [name, readFileSync(join(directory, name)).toString('base64')]),
  )
}
