import { nodeCrypto } from '../builtin.ts'
import { project } from '../project.ts'
import type { Database } from '../storage/database.ts'

/** How long a process that was busy or asleep finds its own way from the old key to the new one. */
const KEPT_MS = 10 * 60_000

/** From a rotated key to the next: the new one, wrapped with the old one. */
export interface KeyLink {
  readonly to: string
  readonly wrapped: Uint8Array
}

export function newKeyId(): string {
  return nodeCrypto().randomBytes(8).toString('hex')
}

export function readKeyId(database: Database): string {
  const row = database.prepare("SELECT value FROM header WHERE name = 'key'").get()
  return String(row?.['value'] ?? '')
}

/** Call inside a write transaction. */
export function writeKeyId(database: Database, keyId: string): void {
  database.prepare("INSERT OR REPLACE INTO header (name, value) VALUES ('key', ?)").run(keyId)
}

export function readLink(database: Database, from: string): KeyLink | undefined {
  const row = database.prepare('SELECT new_key, wrapped_data_key FROM key_link WHERE old_key = ?').get(from)
  return row === undefined ? undefined : { to: String(row['new_key']), wrapped: row['wrapped_data_key'] as Uint8Array }
}

/** Call inside a write transaction. */
export function writeLink(database: Database, from: string, link: KeyLink, now: number): void {
  database.prepare('INSERT INTO key_link VALUES (?, ?, ?, ?)').run(from, link.to, link.wrapped, Math.trunc(now))
}

/** Call inside a write transaction: whoever holds an old key shall not get at the new one for ever. */
export function dropOldLinks(database: Database, now: number): void {
  database.prepare('DELETE FROM key_link WHERE created_at < ?').run(Math.trunc(now - KEPT_MS))
}

export function linkPlace(vaultId: string, from: string): string[] {
  return [`${project.folder}-1`, vaultId, 'key-link', from]
}
