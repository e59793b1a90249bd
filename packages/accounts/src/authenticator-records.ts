import type { AuthenticatorConfiguration } from './authenticator.ts'
import type { Engine } from './engine.ts'

/**
 * The configurations of authenticators that are data, sealed in the vault: with them another program of the same
 * person, such as the command, can serve the accounts too.
 */
export class AuthenticatorRecords {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Writes only when it changed. */
  async remember(type: string, configuration: AuthenticatorConfiguration): Promise<void> {
    const { database } = this.#engine.vault
    if (JSON.stringify(this.#read(type)) === JSON.stringify(configuration)) return
    await database.write(() => {
      const data = this.#engine.vault.seal(placeOf(type), configuration)
      database.prepare('INSERT OR REPLACE INTO authenticator_record (type, data) VALUES (?, ?)').run(type, data)
    })
  }

  all(): Map<string, AuthenticatorConfiguration> {
    const rows = this.#engine.vault.database.prepare('SELECT type FROM authenticator_record ORDER BY type').all()
    const found = rows.flatMap((row): [string, AuthenticatorConfiguration][] => {
      const configuration = this.#read(String(row['type']))
      return configuration === undefined ? [] : [[String(row['type']), configuration]]
    })
    return new Map(found)
  }

  #read(type: string): AuthenticatorConfiguration | undefined {
    const row = this.#engine.vault.database.prepare('SELECT data FROM authenticator_record WHERE type = ?').get(type)
    if (row === undefined) return undefined
    return this.#engine.vault.unseal(placeOf(type), row['data'] as Uint8Array) as AuthenticatorConfiguration
  }
}

function placeOf(type: string): { kind: 'authenticator'; owner: string; field: string } {
  return { kind: 'authenticator', owner: type, field: 'configuration' }
}
