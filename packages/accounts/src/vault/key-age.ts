import type { Database } from '../storage/database.ts'

/** Random nonces stay safe for far more records; these are the limits of docs/requirements.md CR-02. */
export const MOST_CHANGES_PER_KEY: number = 2 ** 20
export const LONGEST_KEY_LIFE_MS: number = 90 * 24 * 60 * 60 * 1_000

/** When a data key was made, and at which revision of the change feed. */
export interface KeyBirth {
  readonly at: number
  readonly revision: number
}

/** Whether a key has sealed so much, or for so long, that it should be replaced. */
export function isKeyWorn(birth: KeyBirth, now: number, revision: number): boolean {
  return now - birth.at > LONGEST_KEY_LIFE_MS || revision - birth.revision > MOST_CHANGES_PER_KEY
}

export function readKeyBirth(database: Database): KeyBirth | undefined {
  const row = database.prepare("SELECT value FROM header WHERE name = 'keyBirth'").get()
  return row === undefined ? undefined : (JSON.parse(String(row['value'])) as KeyBirth)
}

/** Call inside the write transaction that changes the key. */
export function writeKeyBirth(database: Database, birth: KeyBirth): void {
  database
    .prepare("INSERT OR REPLACE INTO header (name, value) VALUES ('keyBirth', ?)")
    .run(JSON.stringify({ at: Math.trunc(birth.at), revision: birth.revision }))
}
