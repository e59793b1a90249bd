/** A form in which a secret may have been written down. */
export interface EncodedMarker {
  readonly encoding: string
  readonly bytes: Buffer
}

/**
 * Every form of a marker that can be recognised wherever it stands.
 *
 * Base64 writes three bytes as four letters, so the same bytes look different at each of three alignments, and the
 * letters at both ends depend on the neighbours: those are left out.
 */
export function encodingsOf(marker: string): EncodedMarker[] {
  const bytes = Buffer.from(marker, 'utf8')
  const encoded = [
    { encoding: 'plain', bytes },
    // Without its last byte it is a part of both byte orders.
    { encoding: 'utf-16', bytes: Buffer.from(marker, 'utf16le').subarray(0, -1) },
    { encoding: 'hex', bytes: Buffer.from(bytes.toString('hex')) },
    { encoding: 'hex', bytes: Buffer.from(bytes.toString('hex').toUpperCase()) },
    { encoding: 'url-encoded', bytes: Buffer.from(encodeURIComponent(marker.toWellFormed())) },
    { encoding: 'url-encoded', bytes: Buffer.from(percentEncoded(bytes)) },
    { encoding: 'url-encoded', bytes: Buffer.from(percentEncoded(bytes).toLowerCase()) },
  ]
  for (const alignment of [0, 1, 2]) {
    for (const encoding of ['base64', 'base64url'] as const) {
      encoded.push({ encoding, bytes: Buffer.from(alignedBase64(bytes, alignment, encoding)) })
    }
  }
  return withoutRepetitions(encoded)
}

/** The letters of base64 that depend on the marker alone, when `alignment` bytes stand before it in its group. */
function alignedBase64(bytes: Buffer, alignment: number, encoding: 'base64' | 'base64url'): string {
  const padded = Buffer.concat([Buffer.alloc(alignment), bytes])
  const whole = padded.subarray(0, padded.length - (padded.length % 3))
  const first = alignment === 0 ? 0 : alignment + 1
  return whole.toString(encoding).slice(first)
}

/** Every byte, also those that need no escaping: a careful writer escapes more than it must. */
function percentEncoded(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')
}

function withoutRepetitions(encoded: readonly EncodedMarker[]): EncodedMarker[] {
  const seen = new Set<string>()
  return encoded.filter(({ bytes }) => {
    const key = bytes.toString('latin1')
    return seen.has(key) ? false : seen.add(key)
  })
}
