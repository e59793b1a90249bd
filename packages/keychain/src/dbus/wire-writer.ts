/** A value of the D-Bus type system, as far as this client sends or reads it. */
export type WireValue = number | bigint | boolean | string | readonly WireValue[]

const INITIAL_BYTES = 256

/** Alignment in bytes by the first character of a type. @see [Marshalling](https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-marshaling) */
export const ALIGNMENT: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  s: 4,
  o: 4,
  a: 4,
  h: 4,
  x: 8,
  t: 8,
  d: 8,
  '(': 8,
  '{': 8,
}

/** The complete types in a signature: `a{ss}o` is `a{ss}` and `o`. */
export function typesIn(signature: string): string[] {
  const types: string[] = []
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at)
    types.push(signature.slice(at, end))
    at = end
  }
  return types
}

function endOfType(signature: string, start: number): number {
  let at = start
  while (signature[at] === 'a') at++
  if (signature[at] !== '(' && signature[at] !== '{') return at + 1
  for (let depth = 0; at < signature.length; at++) {
    if (signature[at] === '(' || signature[at] === '{') depth++
    if (signature[at] === ')' || signature[at] === '}') depth--
    if (depth === 0) return at + 1
  }
  return at
}

/** Marshals values in little-endian order. A dictionary is a list of `[key, value]`, a variant is `[type, value]`. */
export class WireWriter {
  #bytes = Buffer.alloc(INITIAL_BYTES)
  #length = 0

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  align(boundary: number): void {
    this.#reserve(boundary)
    while (this.#length % boundary !== 0) this.#bytes[this.#length++] = 0
  }

  write(type: string, value: WireValue): void {
    this.align(ALIGNMENT[type[0] ?? ''] ?? 1)
    switch (type[0]) {
      case 'y':
        this.#reserve(1)
        this.#length = this.#bytes.writeUInt8(Number(value), this.#length)
        return
      case 'b':
      case 'u':
        this.#writeUint32(Number(value))
        return
      case 's':
      case 'o':
        this.#writeUint32(Buffer.byteLength(String(value)))
        this.#writeText(String(value))
        return
      case 'g':
        this.write('y', String(value).length)
        this.#writeText(String(value))
        return
      case 'a':
        this.#writeArray(type.slice(1), value as readonly WireValue[])
        return
      case '(':
      case '{':
        this.writeAll(type.slice(1, -1), value as readonly WireValue[])
        return
      case 'v': {
        const [inner, content] = value as readonly [string, WireValue]
        this.write('g', inner)
        this.write(inner, content)
        return
      }
      default:
        throw new RangeError(`this client does not write the D-Bus type "${type}"`)
    }
  }

  writeAll(signature: string, values: readonly WireValue[]): void {
    for (const [index, type] of typesIn(signature).entries()) this.write(type, values[index] ?? '')
  }

  #writeArray(elementType: string, elements: readonly WireValue[]): void {
    this.#writeUint32(0)
    const lengthAt = this.#length - 4
    // The length counts the elements only, not the padding before the first one.
    this.align(ALIGNMENT[elementType[0] ?? ''] ?? 1)
    const start = this.#length
    for (const element of elements) this.write(elementType, element)
    this.#bytes.writeUInt32LE(this.#length - start, lengthAt)
  }

  #writeUint32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32LE(value, this.#length)
  }

  #writeText(text: string): void {
    this.#reserve(Buffer.byteLength(text) + 1)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
    this.#bytes[this.#length++] = 0
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
