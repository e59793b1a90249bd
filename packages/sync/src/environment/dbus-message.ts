/**
 * The part of the D-Bus wire format that asking for a property needs, little-endian.
 *
 * @see [D-Bus Specification, Message Format](https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol)
 */
export interface DBusMessage {
  readonly type: DBusMessageType
  readonly flags: number
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly sender?: string
  readonly signature?: string
  readonly body: Buffer
}

export type DBusMessageType = 1 | 2 | 3 | 4
export const METHOD_CALL = 1
export const METHOD_RETURN = 2
export const ERROR = 3
export const SIGNAL = 4
/** Do not start a service only to ask it. */
export const NO_AUTO_START = 2

const LITTLE_ENDIAN = 0x6c
const FIXED_HEADER_BYTES = 16
const FIELDS = [
  { code: 1, name: 'path', type: 'o' },
  { code: 2, name: 'interface', type: 's' },
  { code: 3, name: 'member', type: 's' },
  { code: 4, name: 'errorName', type: 's' },
  { code: 5, name: 'replySerial', type: 'u' },
  { code: 6, name: 'destination', type: 's' },
  { code: 7, name: 'sender', type: 's' },
  { code: 8, name: 'signature', type: 'g' },
] as const

/** A value of a variant: the basic types that properties have. */
export type DBusValue = string | number | boolean

/** Writes values one after the other, each aligned as its type wants. */
export class DBusWriter {
  #bytes: number[] = []

  get length(): number {
    return this.#bytes.length
  }

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0)
    return this
  }

  byte(value: number): this {
    this.#bytes.push(value & 255)
    return this
  }

  uint32(value: number): this {
    this.align(4)
    for (const shift of [0, 8, 16, 24]) this.byte(value >>> shift)
    return this
  }

  string(value: string): this {
    const text = Buffer.from(value)
    this.uint32(text.length)
    this.#bytes.push(...text, 0)
    return this
  }

  signature(value: string): this {
    this.byte(value.length)
    this.#bytes.push(...Buffer.from(value), 0)
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.push(...bytes)
    return this
  }

  variant(type: 's' | 'u' | 'b', value: DBusValue): this {
    this.signature(type)
    return type === 's' ? this.string(String(value)) : this.uint32(Number(value))
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes)
  }
}

export function encodeMessage(message: DBusMessage): Buffer {
  const fields = new DBusWriter()
  for (const { code, name, type } of FIELDS) {
    const value = message[name]
    if (value === undefined) continue
    fields.align(8).byte(code).signature(type)
    if (type === 'u') fields.uint32(Number(value))
    else if (type === 'g') fields.signature(String(value))
    else fields.string(String(value))
  }
  return new DBusWriter()
    .byte(LITTLE_ENDIAN)
    .byte(message.type)
    .byte(message.flags)
    .byte(1)
    .uint32(message.body.length)
    .uint32(message.serial)
    .uint32(fields.length)
    .raw(fields.toBuffer())
    .align(8)
    .raw(message.body)
    .toBuffer()
}

/** How many bytes the message at the start of `buffer` has; `undefined` when that is not known yet. */
export function messageLength(buffer: Buffer): number | undefined {
  if (buffer.length < FIXED_HEADER_BYTES) return undefined
  const fields = buffer.readUInt32LE(12)
  return aligned(FIXED_HEADER_BYTES + fields, 8) + buffer.readUInt32LE(4)
}

/** Reads one whole message. @throws RangeError for bytes that are none. */
export function decodeMessage(buffer: Buffer): DBusMessage {
  if (buffer[0] !== LITTLE_ENDIAN) throw new RangeError('a D-Bus message that is not little-endian')
  const reader = new DBusReader(buffer, FIXED_HEADER_BYTES)
  const end = FIXED_HEADER_BYTES + buffer.readUInt32LE(12)
  const found: Record<string, DBusValue> = {}
  while (reader.position < end) {
    reader.align(8)
    const code = reader.byte()
    const value = reader.variant()
    const field = FIELDS.find((known) => known.code === code)
    if (field !== undefined && value !== undefined) found[field.name] = value
  }
  return {
    ...found,
    type: buffer.readUInt8(1) as DBusMessageType,
    flags: buffer.readUInt8(2),
    serial: buffer.readUInt32LE(8),
    body: buffer.subarray(aligned(end, 8)),
  }
}

/** Reads what a writer wrote. */
export class DBusReader {
  readonly #buffer: Buffer
  position: number

  constructor(buffer: Buffer, position = 0) {
    this.#buffer = buffer
    this.position = position
  }

  align(to: number): void {
    this.position = aligned(this.position, to)
  }

  byte(): number {
    return this.#buffer.readUInt8(this.position++)
  }

  uint32(): number {
    this.align(4)
    const value = this.#buffer.readUInt32LE(this.position)
    this.position += 4
    return value
  }

  string(): string {
    return this.#text(this.uint32())
  }

  signature(): string {
    return this.#text(this.byte())
  }

  /** A variant of a basic type; `undefined` for others, after which nothing more can be read. */
  variant(): DBusValue | undefined {
    switch (this.signature()) {
      case 's':
      case 'o':
        return this.string()
      case 'g':
        return this.signature()
      case 'u':
        return this.uint32()
      case 'b':
        return this.uint32() !== 0
      default:
        return undefined
    }
  }

  #text(length: number): string {
    const text = this.#buffer.toString('utf8', this.position, this.position + length)
    this.position += length + 1
    return text
  }
}

function aligned(position: number, to: number): number {
  return Math.ceil(position / to) * to
}
