/** The few ASN.1 types of which a certificate consists, in DER (ITU-T X.690). */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts)
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return der(0x31, ...parts)
}

/** A number that is never negative, in big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

export function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.of(0), bytes)
}

export function octetString(bytes: Uint8Array): Buffer {
  return der(0x04, bytes)
}

export function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'))
}

export function booleanTrue(): Buffer {
  return der(0x01, Buffer.of(0xff))
}

/** A time between 1950 and 2049, as certificates write it (RFC 5280, section 4.1.2.5.1). */
export function utcTime(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`, 'latin1'))
}

/** `1.2.840.10045.4.3.2` and the like. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}
