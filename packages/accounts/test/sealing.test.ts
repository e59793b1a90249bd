import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedKey, fingerprint, KEY_BYTES, seal, UnsealError, unseal } from '../src/vault/sealing.ts'

const bytes = fc.uint8Array({ maxLength: 200 })
const keys = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES })
const places = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 6 })

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

describe('a sealed record', () => {
  it('opens with its key at its place, whatever it holds', () => {
    fc.assert(
      fc.property(keys, bytes, places, (key, plaintext, place) => {
        expect(new Uint8Array(unseal(key, seal(key, plaintext, place), place))).toEqual(plaintext)
      }),
    )
  })

  it('does not open at any other place', () => {
    fc.assert(
      fc.property(keys, bytes, places, places, (key, plaintext, place, other) => {
        fc.pre(!same(place, other))
        const sealed = seal(key, plaintext, place)
        expect(() => unseal(key, sealed, other)).toThrow(UnsealError)
      }),
    )
  })

  it('does not open at a place whose parts are cut in another way', () => {
    const key = randomBytes(KEY_BYTES)
    const sealed = seal(key, Buffer.from('secret'), ['ab', 'c'])
    for (const other of [['a', 'bc'], ['abc'], ['ab', 'c', ''], ['', 'ab', 'c'], ['2:ab1:c'], ['ab', '1:c']]) {
      expect(() => unseal(key, sealed, other)).toThrow(UnsealError)
    }
  })

  it('does not open with any other key', () => {
    fc.assert(
      fc.property(keys, keys, bytes, places, (key, other, plaintext, place) => {
        fc.pre(!same(key, other))
        expect(() => unseal(other, seal(key, plaintext, place), place)).toThrow(UnsealError)
      }),
    )
  })

  it('does not open when any one bit is flipped', () => {
    fc.assert(
      fc.property(keys, bytes, places, fc.nat(), fc.nat(7), (key, plaintext, place, at, bit) => {
        const sealed = seal(key, plaintext, place)
        const index = at % sealed.length
        sealed[index] = (sealed[index] ?? 0) ^ (1 << bit)
        expect(() => unseal(key, sealed, place)).toThrow(UnsealError)
      }),
    )
  })

  it('does not open when a damaged row holds nothing at all', () => {
    expect(() => unseal(new Uint8Array(32), null as never, ['place'])).toThrow(UnsealError)
  })

  it('does not open when it was cut off or made longer', () => {
    fc.assert(
      fc.property(keys, bytes, places, fc.nat(), (key, plaintext, place, at) => {
        const sealed = seal(key, plaintext, place)
        expect(() => unseal(key, sealed.subarray(0, at % sealed.length), place)).toThrow(UnsealError)
        expect(() => unseal(key, Buffer.concat([sealed, Buffer.of(0)]), place)).toThrow(UnsealError)
      }),
    )
  })

  it('does not open when halves of two records are joined', () => {
    fc.assert(
      fc.property(keys, bytes, bytes, places, fc.nat(), (key, one, other, place, at) => {
        const [first, second] = [seal(key, one, place), seal(key, other, place)]
        const cut = 1 + (at % (Math.min(first.length, second.length) - 1))
        const joined = Buffer.concat([first.subarray(0, cut), second.subarray(cut)])
        fc.pre(!joined.equals(first) && !joined.equals(second))
        expect(() => unseal(key, joined, place)).toThrow(UnsealError)
      }),
    )
  })

  it('never uses a nonce twice', () => {
    const key = randomBytes(KEY_BYTES)
    const nonces = new Set<string>()
    for (let write = 0; write < 10_000; write++) {
      nonces.add(Buffer.from(seal(key, Buffer.of(1), ['place']).subarray(1, 13)).toString('hex'))
    }
    expect(nonces.size).toBe(10_000)
  })

  it('does not open with a shortened authentication tag', () => {
    const key = randomBytes(KEY_BYTES)
    const sealed = seal(key, Buffer.alloc(0), ['place'])
    expect(() => unseal(key, sealed.subarray(0, sealed.length - 12), ['place'])).toThrow(UnsealError)
  })
})

describe('fingerprint', () => {
  it('is the same for equal secrets, and says nothing without the key', () => {
    const [key, other] = [randomBytes(KEY_BYTES), randomBytes(KEY_BYTES)]
    expect(fingerprint(key, 'secret')).toBe(fingerprint(key, 'secret'))
    expect(fingerprint(key, 'secret')).not.toBe(fingerprint(other, 'secret'))
    expect(fingerprint(key, 'secret')).not.toBe(fingerprint(key, 'secret2'))
    expect(fingerprint(key, 'secret')).not.toContain('secret')
  })
})

describe('derivedKey', () => {
  it('gives another key for each purpose', () => {
    const key = randomBytes(KEY_BYTES)
    const derived = ['fingerprint', 'other'].map((purpose) => Buffer.from(derivedKey(key, purpose)).toString('hex'))
    expect(new Set([...derived, key.toString('hex')]).size).toBe(3)
    expect(derivedKey(key, 'fingerprint')).toHaveLength(KEY_BYTES)
  })
})
