import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeCall } from '../src/dbus/dbus-message.ts'
import { WireReader } from '../src/dbus/wire-reader.ts'
import { typesIn, type WireValue, WireWriter } from '../src/dbus/wire-writer.ts'

const call = {
  destination: 'org.freedesktop.secrets',
  path: '/org/freedesktop/secrets',
  interface: 'org.freedesktop.Secret.Service',
  member: 'SearchItems',
  signature: 'a{ss}',
  body: [[['service', 'accountry'] as const]],
}

/** `GetId`'s answer as a big-endian sender writes it: reply serial 2, signature "s", body "hi". */
const BIG_ENDIAN = Buffer.from(
  '42020001' +
    '00000007' +
    '00000005' +
    '0000000f' +
    '05017500' +
    '00000002' +
    '0801670001730000' +
    '00000002' +
    '686900',
  'hex',
)

const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''))
const typed: fc.Arbitrary<readonly [string, WireValue]> = fc.letrec<{ value: readonly [string, WireValue] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text.map((value) => ['s', value] as const),
    fc.nat(255).map((value) => ['y', value] as const),
    fc.nat().map((value) => ['u', value] as const),
    fc.boolean().map((value) => ['b', value] as const),
    fc.array(text).map((value) => ['as', value] as const),
    fc.array(fc.tuple(text, text)).map((value) => ['a{ss}', value] as const),
    tie('value').map(([type, value]) => ['v', [type, value]] as const),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => [`(${a[0]}${b[0]})`, [a[1], b[1]]] as const),
  ),
})).value

/** A variant is written as type and value, and read as the value. */
function asRead(type: string, value: WireValue): WireValue {
  if (type === 'v') return asRead(...(value as [string, WireValue]))
  if (type.startsWith('('))
    return typesIn(type.slice(1, -1)).map((inner, at) => asRead(inner, (value as WireValue[])[at]!))
  return value
}

describe('the D-Bus wire format', () => {
  it('reads back every value that it writes', () => {
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 4 }), (values) => {
        const writer = new WireWriter()
        for (const [type, value] of values) writer.write(type, value)
        const read = new WireReader(Buffer.from(writer.bytes), true).readAll(values.map(([type]) => type).join(''))
        expect(read).toEqual(values.map(([type, value]) => asRead(type, value)))
      }),
    )
  })

  it('splits a signature into its complete types', () => {
    expect(typesIn('a{ss}o(sa(yv))vaay')).toEqual(['a{ss}', 'o', '(sa(yv))', 'v', 'aay'])
  })

  it('decodes a call that arrives in pieces only when it is complete, and leaves what follows', () => {
    const bytes = encodeCall(call, 5)
    for (let length = 0; length < bytes.length; length++)
      expect(decodeMessage(bytes.subarray(0, length))).toBeUndefined()
    const decoded = decodeMessage(Buffer.concat([bytes, Buffer.from('rest')]))
    expect(decoded).toMatchObject({
      length: bytes.length,
      message: { type: 1, member: 'SearchItems', path: call.path, body: [[['service', 'accountry']]] },
    })
  })

  it('reads an answer in the byte order of its sender', () => {
    expect(decodeMessage(BIG_ENDIAN)?.message).toMatchObject({ type: 2, replySerial: 2, body: ['hi'] })
  })

  it('ends with an error, never a crash or an endless loop, on bytes that are no message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (bytes) => {
        try {
          decodeMessage(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
      { numRuns: 2000 },
    )
    const whole = encodeCall(call, 5)
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x7f, 0xff, 'a'.charCodeAt(0), '('.charCodeAt(0)]) {
        const damaged = Buffer.from(whole)
        damaged[at] = value
        try {
          decodeMessage(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }
    }
  })

  it('refuses a message that claims to be longer than any answer it asks for', () => {
    const huge = Buffer.from(encodeCall(call, 5))
    huge.writeUInt32LE(0x0fff_ffff, 4)
    expect(() => decodeMessage(huge)).toThrow(RangeError)
  })
})
