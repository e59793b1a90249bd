import { inspect } from 'node:util'

/** A piece of a value that can be searched, and where in the value it is. */
export interface ValuePiece {
  readonly path: string
  readonly bytes: Buffer
}

const MAX_DEPTH = 20
const MAX_OBJECTS = 100_000

const INSPECT_OPTIONS = {
  depth: MAX_DEPTH,
  showHidden: true,
  maxArrayLength: null,
  maxStringLength: null,
  breakLength: Number.POSITIVE_INFINITY,
} as const

/**
 * Everything that an error reporter, a logger or a careless `JSON.stringify` could get out of a value: how it prints, how
 * it serialises and clones, and every own property to a depth of 20, symbols and what is not enumerable included.
 *
 * Getters of classes are left alone: reading one is a decision.
 */
export function piecesOf(value: unknown): ValuePiece[] {
  const pieces: ValuePiece[] = []
  const add = (path: string, text: unknown): void => {
    if (typeof text === 'string') pieces.push({ path, bytes: Buffer.from(text, 'utf8') })
  }
  add(
    'inspect()',
    attempt(() => inspect(value, INSPECT_OPTIONS)),
  )
  add(
    'String()',
    attempt(() => String(value)),
  )
  add(
    'JSON',
    attempt(() => JSON.stringify(value)),
  )
  pieces.push(...new PropertyWalk().piecesOf(value, ''))
  const clone = attempt(() => structuredClone(value))
  if (clone !== undefined) pieces.push(...new PropertyWalk().piecesOf(clone, 'structuredClone()'))
  return pieces
}

class PropertyWalk {
  readonly #seen = new Set<object>()
  readonly #pieces: ValuePiece[] = []

  piecesOf(value: unknown, path: string): ValuePiece[] {
    this.#visit(value, path, 0)
    return this.#pieces
  }

  #visit(value: unknown, path: string, depth: number): void {
    if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'symbol') {
      this.#pieces.push({ path, bytes: Buffer.from(String(value), 'utf8') })
    }
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    if (depth > MAX_DEPTH || this.#seen.has(value) || this.#seen.size >= MAX_OBJECTS) return
    this.#seen.add(value)
    const bytes = bytesIn(value)
    if (bytes !== undefined) {
      this.#pieces.push({ path, bytes })
      return
    }
    for (const [name, member] of membersOf(value)) {
      this.#pieces.push({ path: `name in ${path || 'value'}`, bytes: Buffer.from(name, 'utf8') })
      this.#visit(member, `${path}.${name}`, depth + 1)
    }
  }
}

function bytesIn(value: object): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer ? Buffer.from(value) : undefined
}

function* membersOf(value: object): Generator<[string, unknown]> {
  // An own accessor is data that was put there; `cause`, `stack` and `errors` of errors are own properties too.
  for (const key of attempt(() => Reflect.ownKeys(value)) ?? [])
    yield [String(key), attempt(() => Reflect.get(value, key))]
  if (value instanceof Map) {
    for (const [key, member] of value) {
      yield ['<key>', key]
      yield ['<value>', member]
    }
  }
  if (value instanceof Set) {
    for (const member of value) yield ['<member>', member]
  }
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
