import type { IncomingMessage } from 'node:http'
import { MAX_BODY_BYTES } from './gate.ts'
import { BadRequest } from './shown-error.ts'

/** The body of a POST, after it was read. Only own properties count, so that `__proto__` is a name like any other. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>

  constructor(values: object) {
    this.#values = new Map(Object.entries(values))
  }

  text(name: string): string {
    const value = this.optionalText(name)
    if (value === undefined) throw new BadRequest(`${name} is missing`)
    return value
  }

  optionalText(name: string): string | undefined {
    const value = this.#values.get(name)
    if (value !== undefined && typeof value !== 'string') throw new BadRequest(`${name} must be a text`)
    return value
  }

  flag(name: string): boolean {
    const value = this.optionalFlag(name)
    if (value === undefined) throw new BadRequest(`${name} is missing`)
    return value
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#values.get(name)
    if (value !== undefined && typeof value !== 'boolean') throw new BadRequest(`${name} must be true or false`)
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.text(name)
    const found = values.find((each) => each === value)
    if (found === undefined) throw new BadRequest(`${name} must be one of ${values.join(', ')}`)
    return found
  }

  optionalTexts(name: string): Record<string, string> | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined
    if (entries === undefined || !entries.every(([, text]) => typeof text === 'string')) {
      throw new BadRequest(`${name} must be texts`)
    }
    return Object.fromEntries(entries)
  }
}

/**
 * Reads a JSON object of at most 16 KB. How long a slow one may take is limited by the server's `requestTimeout`.
 *
 * @throws BadRequest for anything else; no part of the body is in its message.
 */
export async function readBody(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new BadRequest('The request is too long', 413)
    chunks.push(chunk)
  }
  const value = parsed(Buffer.concat(chunks).toString('utf8'))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRequest('The request must be a JSON object')
  }
  return new Fields(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
