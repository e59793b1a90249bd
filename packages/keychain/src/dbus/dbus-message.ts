import { WireReader } from './wire-reader.ts'
import { type WireValue, WireWriter } from './wire-writer.ts'

export interface MethodCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  /** Types of {@link MethodCall.body}. Absent: the method takes nothing. */
  readonly signature?: string
  readonly body?: readonly WireValue[]
  /** Types of the answer. Absent: it returns nothing that matters. */
  readonly returns?: string
}

export interface IncomingMessage {
  readonly type: number
  readonly replySerial: number | undefined
  readonly errorName: string | undefined
  readonly path: string | undefined
  readonly interface: string | undefined
  readonly member: string | undefined
  readonly signature: string
  readonly body: readonly WireValue[]
}

export const MESSAGE_TYPE = { methodCall: 1, methodReturn: 2, error: 3, signal: 4 } as const

const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, signature: 8 } as const
const LITTLE_ENDIAN = 'l'.charCodeAt(0)
const PROTOCOL_VERSION = 1
/** Byte order, type, flags, version, body length, serial, length of the header fields. */
const FIXED_HEADER_BYTES = 16
/** No answer about lock states comes near it; D-Bus itself allows 128 MiB. */
const MAX_MESSAGE_BYTES = 1024 * 1024

/** @see [Message Format](https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages) */
export function encodeCall(call: MethodCall, serial: number): Buffer {
  const body = new WireWriter()
  body.writeAll(call.signature ?? '', call.body ?? [])
  const fields: WireValue[] = [
    [FIELD.path, ['o', call.path]],
    [FIELD.interface, ['s', call.interface]],
    [FIELD.member, ['s', call.member]],
    [FIELD.destination, ['s', call.destination]],
  ]
  if (call.signature !== undefined) fields.push([FIELD.signature, ['g', call.signature]])
  const header = new WireWriter()
  header.writeAll('yyyyuua(yv)', [
    LITTLE_ENDIAN,
    MESSAGE_TYPE.methodCall,
    0,
    PROTOCOL_VERSION,
    body.bytes.length,
    serial,
    fields,
  ])
  header.align(8)
  return Buffer.concat([header.bytes, body.bytes])
}

/**
 * Takes one message from the front of `bytes`.
 *
 * @returns `undefined` when it has not arrived completely.
 * @throws RangeError for bytes that are no message, or one of more than 1 MiB.
 */
export function decodeMessage(bytes: Buffer): { message: IncomingMessage; length: number } | undefined {
  if (bytes.length < FIXED_HEADER_BYTES) return undefined
  const isLittleEndian = bytes[0] === LITTLE_ENDIAN
  const [, type, , , bodyLength, , fieldsLength] = new WireReader(bytes, isLittleEndian).readAll('yyyyuuu') as number[]
  const bodyAt = Math.ceil((FIXED_HEADER_BYTES + Number(fieldsLength)) / 8) * 8
  const length = bodyAt + Number(bodyLength)
  if (length > MAX_MESSAGE_BYTES) throw new RangeError('the D-Bus message is too long')
  if (bytes.length < length) return undefined
  const whole = bytes.subarray(0, length)
  const fields = new Map(
    new WireReader(whole, isLittleEndian, FIXED_HEADER_BYTES - 4).read('a(yv)') as [number, string][],
  )
  const signature = fields.get(FIELD.signature) ?? ''
  const body = new WireReader(whole, isLittleEndian, bodyAt).readAll(signature)
  const replySerial = fields.get(FIELD.replySerial)
  const message = {
    type: Number(type),
    replySerial: replySerial === undefined ? undefined : Number(replySerial),
    errorName: fields.get(FIELD.errorName),
    path: fields.get(FIELD.path),
    interface: fields.get(FIELD.interface),
    member: fields.get(FIELD.member),
    signature,
    body,
  }
  return { message, length }
}
