import { printAs } from './inspectable.ts'

/**
 * A secret that a person typed, readable once.
 *
 * Kept as bytes, which can be wiped after use; a JavaScript string cannot.
 */
export class SecretInput {
  #bytes: Buffer | undefined

  constructor(value: string | Uint8Array) {
    this.#bytes = Buffer.from(typeof value === 'string' ? Buffer.from(value, 'utf8') : value)
  }

  /**
   * Returns the text and wipes it.
   *
   * @throws TypeError when it was consumed before.
   */
  consume(): string {
    const bytes = this.#bytes
    if (bytes === undefined) throw new TypeError('SecretInput: already consumed')
    this.#bytes = undefined
    try {
      return bytes.toString('utf8')
    } finally {
      bytes.fill(0)
    }
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  static {
    printAs(SecretInput.prototype, () => 'SecretInput [redacted]')
  }
}
