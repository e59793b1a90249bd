import { nodeCrypto } from './builtin.ts'

/** Compares in a time that does not tell how much was right. */
export function isSameText(received: string, expected: string): boolean {
  const a = Buffer.from(received)
  const b = Buffer.from(expected)
  return a.length === b.length && nodeCrypto().timingSafeEqual(a, b)
}
