import { ALIGNMENT, typesIn, type WireValue } from './wire-writer.ts'

/** D-Bus allows 32 levels of arrays and 32 of structures in one message. */
const MAX_DEPTH = 64

/**
 * Reads marshalled values. The bus forwards messages in the byte order of their sender, so the order is an argument.
 *
 * @throws RangeError for bytes that do not hold what the signature says.
 */
export class WireReader {
  readonly #bytes: Buffer
  readonly #isLittleEndian: boolean
  #at: number

  constructor(bytes: Buffer, isLittleEndian: boolean, start = 0) {
    this.#bytes = bytes
    this.#isLittleEndian = isLittleEndian
    this.#at = start
  }

  align(boundary: number): void {
    this.#at = Math.ceil(this.#at / boundary) * boundary
  }

  readAll(signature: string, depth = 0): WireValue[] {
    return typesIn(signature).map((type) => this.read(type, depth))
  }

  read(type: string, depth = 0): WireValue {
    if (depth > MAX_DEPTH) throw new RangeError('the D-Bus message is nested too deeply')
    this.align(ALIGNMENT[type[0] ?? ''] ?? 1)
    switch (type[0]) {
      case 's':
      case 'o':
        return this.#readText(this.#readNumber('u') as number)
      case 'g':
        return this.#readText(this.#readNumber('y') as number)
      case 'b':
        return this.#readNumber('u') !== 0
      case 'a':
        return this.#readArray(type.slice(1), depth)
      case '(':
      case '{':
        return this.readAll(type.slice(1, -1), depth + 1)
      case 'v':
        return this.read(String(this.read('g')), depth + 1)
      default:
        return this.#readNumber(type)
    }
  }

  #readArray(elementType: string, depth: number): WireValue[] {
    const length = this.#readNumber('u') as number
    this.align(ALIGNMENT[elementType[0] ?? ''] ?? 1)
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('an array in the D-Bus message is longer than the message')
    const elements: WireValue[] = []
    while (this.#at < end) {
      const before = this.#at
      elements.push(this.read(elementType, depth + 1))
      if (this.#at === before) throw new RangeError('an array in the D-Bus message has elements without content')
    }
    return elements
  }

  #readText(length: number): string {
    const end = this.#at + length
    if (end >= this.#bytes.length) throw new RangeError('a text in the D-Bus message is longer than the message')
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  #readNumber(type: string): number | bigint {
    const size = ALIGNMENT[type] ?? 0
    if (size === 0) throw new RangeError('the D-Bus message has a type that does not exist')
    const bytes = this.#bytes.subarray(this.#at, this.#at + size)
    if (bytes.length < size) throw new RangeError('the D-Bus message is too short')
    this.#at += size
    const view = new DataView(bytes.buffer, bytes.byteOffset, size)
    switch (type) {
      case 'y':
        return view.getUint8(0)
      case 'n':
        return view.getInt16(0, this.#isLittleEndian)
      case 'q':
        return view.getUint16(0, this.#isLittleEndian)
      case 'i':
        return view.getInt32(0, this.#isLittleEndian)
      case 'x':
        return view.getBigInt64(0, this.#isLittleEndian)
      case 't':
        return view.getBigUint64(0, this.#isLittleEndian)
      case 'd':
        return view.getFloat64(0, this.#isLittleEndian)
      default:
        return view.getUint32(0, this.#isLittleEndian)
    }
  }
}
