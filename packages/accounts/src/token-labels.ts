import { UNSAFE_CHARACTERS } from './account.ts'
import type { Authenticator } from './authenticator.ts'
import type { Engine } from './engine.ts'

/** Longest text that a consent prompt has to show. */
const LONGEST_LABEL = 256

/**
 * What token types are called in front of a person (Android's `getAuthTokenLabel`).
 *
 * An app that asks for tokens of another app's accounts has no authenticator for them, so the owner's words are kept in
 * the vault; they are not secret, and can be read while it is locked.
 */
export class TokenLabels {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The owner's words, from its authenticator where that is here. */
  of(type: string, authTokenType: string): string | undefined {
    const authenticator = this.#engine.authenticators.get(type)
    if (authenticator !== undefined) return this.#labelFrom(authenticator, authTokenType)
    const sql = 'SELECT label FROM token_label WHERE type = ? AND token_type = ?'
    const row = this.#engine.vault.database.prepare(sql).get(type, authTokenType)
    return row === undefined ? undefined : usable(row['label'])
  }

  /** Writes down the labels of every declared token type, when they changed. */
  async remember(type: string): Promise<void> {
    const { database } = this.#engine.vault
    const authenticator = this.#engine.authenticators.get(type)
    const declared = Object.keys(this.#engine.sight.descriptionOf(type)?.tokenTypes ?? {})
    if (authenticator === undefined || declared.length === 0 || database.readOnly) return
    const labels = declared.map((name) => [name, this.#labelFrom(authenticator, name) ?? name] as const)
    const known = new Map(
      database
        .prepare('SELECT token_type, label FROM token_label WHERE type = ?')
        .all(type)
        .map((row) => [row['token_type'], row['label']]),
    )
    if (labels.every(([name, label]) => known.get(name) === label)) return
    await database.write(() => {
      const put = database.prepare('INSERT OR REPLACE INTO token_label (type, token_type, label) VALUES (?, ?, ?)')
      for (const [name, label] of labels) put.run(type, name, label)
    })
  }

  /** A plugin that throws here, or answers something that no prompt can show, is as one without labels. */
  #labelFrom(authenticator: Authenticator, authTokenType: string): string | undefined {
    const { tokenTypes = {} } = this.#engine.sight.describe(authenticator)
    const described = Object.hasOwn(tokenTypes, authTokenType) ? tokenTypes[authTokenType]?.label : undefined
    try {
      return usable(authenticator.getAuthTokenLabel?.(authTokenType)) ?? usable(described)
    } catch {
      return usable(described)
    }
  }
}

/** Control and invisible characters could make one consent look like another. */
function usable(label: unknown): string | undefined {
  if (typeof label !== 'string' || label.trim() === '' || !label.isWellFormed()) return undefined
  return UNSAFE_CHARACTERS.test(label) || label.length > LONGEST_LABEL ? undefined : label
}
