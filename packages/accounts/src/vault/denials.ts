import type { KeyProvider } from '../key-provider.ts'
import type { Database } from '../storage/database.ts'

/** After a "Deny", for how long the keychain's prompt is not raised again, by any process (H-03). */
export const DENIAL_COOLDOWN_MS: number = 5 * 60_000

/** A wrong passphrase may be tried again at once, and a key file is mended without any prompt. */
export function hasPrompt({ protection }: KeyProvider): boolean {
  return protection === 'os-acl' || protection === 'os-user'
}

/** Until when a provider is left alone; `undefined`: it may be asked. A clock that went back ends the wait. */
export function quietUntil(database: Database, provider: string, now: number): number | undefined {
  const row = database.prepare('SELECT value FROM header WHERE name = ?').get(nameOf(provider))
  const deniedAt = row === undefined ? Number.NaN : Number(row['value'])
  return now >= deniedAt && now < deniedAt + DENIAL_COOLDOWN_MS ? deniedAt + DENIAL_COOLDOWN_MS : undefined
}

/** The person said no. Where that cannot be written down the vault is locked all the same, and that is the answer. */
export async function rememberDenial(database: Database, provider: string, now: number): Promise<void> {
  if (database.readOnly) return
  const put = database.prepare('INSERT OR REPLACE INTO header (name, value) VALUES (?, ?)')
  await database.write(() => put.run(nameOf(provider), String(Math.trunc(now)))).catch(() => undefined)
}

function nameOf(provider: string): string {
  return `denied:${provider}`
}
