import { inspect } from 'node:util'
import type { KeyOutcome, KeyProvider, StoreKeyProvider, WrapKeyProvider } from '@accountry/accounts'
import { expect } from 'vitest'

/** What a provider can and cannot do; the suite has the tests that apply. */
export interface KeyProviderTraits {
  /** Default `'store'`. */
  readonly kind?: KeyProvider['kind']
  /** A provider that only reads and answers every name with the same key. Default `false`. */
  readonly readOnly?: boolean
  /** The outcomes beside `found` and `absent` that {@link KeyProviderFixture.arrange} can bring about. */
  readonly outcomes?: readonly ArrangedOutcome[]
}

export type ArrangedOutcome = 'locked' | 'denied' | 'corrupt' | 'unavailable'

/** A provider under test, and what the suite may do to it. */
export interface KeyProviderFixture {
  readonly provider: KeyProvider
  /** Another instance on the same store, as a second process has it. */
  readonly reopen?: () => KeyProvider
  /** Of a provider that only reads: the key that it answers with. */
  readonly readOnlyKey?: Uint8Array
  /** Brings an outcome about for the key that is stored under `name`, and resolves to what ends it. */
  readonly arrange?: (outcome: ArrangedOutcome, name: string) => Promise<() => Promise<void>>
  readonly close?: () => Promise<void>
}

export type Fresh = () => KeyProviderFixture

export async function arranged(
  fixture: KeyProviderFixture,
  outcome: ArrangedOutcome,
  name: string,
): Promise<() => Promise<void>> {
  if (fixture.arrange === undefined) throw new Error('the traits name outcomes, and the fixture cannot arrange any')
  return await fixture.arrange(outcome, name)
}

export function newName(): string {
  return `test:${crypto.randomUUID()}`
}

export function newKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** Zero bytes end a text early in the APIs of some keychains. */
export function keyWithZeros(): Uint8Array {
  return newKey().map((byte, index) => (index % 5 === 0 ? 0 : byte))
}

export function store(fixture: KeyProviderFixture): StoreKeyProvider {
  return asStore(fixture.provider)
}

export function asStore(provider: KeyProvider): StoreKeyProvider {
  if (provider.kind !== 'store') throw new Error('the suite was called with kind "store"')
  return provider
}

export function wrap(fixture: KeyProviderFixture): WrapKeyProvider {
  return asWrap(fixture.provider)
}

export function asWrap(provider: KeyProvider): WrapKeyProvider {
  if (provider.kind !== 'wrap') throw new Error('the suite was called with kind "wrap"')
  return provider
}

export async function storedOrGiven(fixture: KeyProviderFixture, name: string): Promise<Uint8Array> {
  if (fixture.readOnlyKey !== undefined) return fixture.readOnlyKey
  const key = newKey()
  await store(fixture).store(name, key)
  return key
}

export function found(outcome: KeyOutcome): Uint8Array {
  if (outcome.kind !== 'found') throw new Error(`expected a key, received "${outcome.kind}" (${outcome.why})`)
  return outcome.key
}

export function expectNoKey(value: unknown, key: Uint8Array): void {
  const text = `${inspect(value, { depth: 10, showHidden: true })} ${JSON.stringify(value)}`
  for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
    expect(text).not.toContain(Buffer.from(key).toString(encoding))
  }
}
