import { inspect } from 'node:util'
import {
  AccountError,
  type KeyOutcome,
  type KeyProvider,
  type StoreKeyProvider,
  type WrapKeyProvider,
} from '@accountry/accounts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

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

type Fresh = () => KeyProviderFixture

/**
 * The specification of a {@link KeyProvider} as vitest tests: call it in a test file of the provider's package.
 *
 * `factory` is called for each test; a provider alone is enough, a fixture lets the suite test more. Names are random,
 * so the store may outlive a test.
 *
 * @example
 * ```ts
 * describeKeyProvider('my KMS', () => createKmsKey({ keyId }), { kind: 'wrap' })
 * ```
 */
export function describeKeyProvider(
  name: string,
  factory: () => KeyProvider | KeyProviderFixture | Promise<KeyProvider | KeyProviderFixture>,
  traits: KeyProviderTraits = {},
): void {
  const { kind = 'store', readOnly = false, outcomes = [] } = traits
  describe(`${name}, as a key provider`, () => {
    let fixture: KeyProviderFixture
    beforeEach(async () => {
      const made = await factory()
      fixture = 'provider' in made ? made : { provider: made }
    })
    afterEach(async () => {
      await fixture.close?.()
    })
    const fresh = (): KeyProviderFixture => fixture

    it('has a stable id, its kind and a protection', () => {
      const { id, protection } = fixture.provider
      expect(id).toMatch(/./)
      expect(fixture.provider.id).toBe(id)
      expect(fixture.provider.kind).toBe(kind)
      expect(['os-acl', 'os-user', 'passphrase', 'none']).toContain(protection)
    })
    if (kind === 'wrap') describeWrapping(fresh, outcomes)
    else describeStoring(fresh, readOnly, outcomes)
  })
}

function describeStoring(fresh: Fresh, readOnly: boolean, outcomes: readonly ArrangedOutcome[]): void {
  describeArguments(fresh)
  if (readOnly) describeReadOnly(fresh)
  else describeKeeping(fresh)
  describeStoreStates(fresh, outcomes)
}

function describeArguments(fresh: Fresh): void {
  it('refuses a name that is no usable text with a TypeError', async () => {
    for (const name of ['', undefined, null, 7, {}, ['a'], 'a\0b', '\ud800']) {
      await expect(store(fresh()).load(name as string)).rejects.toThrow(TypeError)
      await expect(store(fresh()).store(name as string, newKey())).rejects.toThrow(TypeError)
      await expect(store(fresh()).delete(name as string)).rejects.toThrow(TypeError)
    }
  })

  it('refuses a key that is not 32 bytes with a TypeError and keeps what it had', async () => {
    const name = newName()
    const before = await storedOrGiven(fresh(), name)
    for (const key of [undefined, null, 'k'.repeat(32), new Uint8Array(0), new Uint8Array(31), Array(32).fill(1)]) {
      await expect(store(fresh()).store(name, key as Uint8Array)).rejects.toThrow(TypeError)
    }
    expect(await store(fresh()).load(name)).toEqual({ kind: 'found', key: before })
  })

  it('does not read for a caller that has already given up', async () => {
    const loading = store(fresh()).load(newName(), { signal: AbortSignal.abort() })
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  it('serves many calls at the same time', async () => {
    const names = Array.from({ length: 8 }, newName)
    const keys = await Promise.all(names.map((name) => storedOrGiven(fresh(), name)))
    const outcomes = await Promise.all([...names, ...names].map((name) => store(fresh()).load(name)))
    expect(outcomes.map(found)).toEqual([...keys, ...keys])
  })
}

function describeReadOnly(fresh: Fresh): void {
  it('answers every name with the key that it was given', async () => {
    expect(await store(fresh()).load(newName())).toEqual({ kind: 'found', key: fresh().readOnlyKey })
    expect(await store(fresh()).load(newName())).toEqual({ kind: 'found', key: fresh().readOnlyKey })
  })

  it('says that it cannot store, and keeps the key that it was given', async () => {
    const name = newName()
    await expect(store(fresh()).store(name, newKey())).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(await store(fresh()).load(name)).toEqual({ kind: 'found', key: fresh().readOnlyKey })
  })
}

function describeKeeping(fresh: Fresh): void {
  it('answers a name that nothing was stored under with "absent" and says why', async () => {
    const outcome = await store(fresh()).load(newName())
    expect(outcome).toEqual({ kind: 'absent', why: expect.stringMatching(/./) })
  })

  it('returns exactly what was stored', async () => {
    const { reopen } = fresh()
    for (const key of [newKey(), new Uint8Array(32), new Uint8Array(32).fill(255), keyWithZeros()]) {
      const name = newName()
      await store(fresh()).store(name, key)
      expect(await store(fresh()).load(name)).toEqual({ kind: 'found', key })
      if (reopen !== undefined) expect(await asStore(reopen()).load(name)).toEqual({ kind: 'found', key })
    }
  })

  it('replaces a key, deletes it, and lets deleting be repeated', async () => {
    const provider = store(fresh())
    const name = newName()
    const [first, second] = [newKey(), newKey()]
    await provider.store(name, first)
    await provider.store(name, second)
    expect(await provider.load(name)).toEqual({ kind: 'found', key: second })
    await provider.delete(name)
    await provider.delete(name)
    expect(await provider.load(name)).toMatchObject({ kind: 'absent' })
  })

  it('keeps the keys of all names apart, whatever characters they have', async () => {
    const base = newName()
    const keys = new Map(ODD_ENDINGS.map((ending) => [`${base}${ending}`, newKey()]))
    for (const [name, key] of keys) await store(fresh()).store(name, key)
    for (const [name, key] of keys) expect(await store(fresh()).load(name)).toEqual({ kind: 'found', key })
  })

  it('shares no memory with its caller', async () => {
    const name = newName()
    const key = newKey()
    const given = Uint8Array.from(key)
    const storing = store(fresh()).store(name, given)
    given.fill(0)
    await storing
    found(await store(fresh()).load(name)).fill(0)
    expect(await store(fresh()).load(name)).toEqual({ kind: 'found', key })
  })
}

function describeStoreStates(fresh: Fresh, outcomes: readonly ArrangedOutcome[]): void {
  for (const kind of outcomes) {
    it(`answers "${kind}" when it is, without losing or showing the key`, async () => {
      const name = newName()
      const key = await storedOrGiven(fresh(), name)
      const undo = await arranged(fresh(), kind, name)
      const outcome = await store(fresh()).load(name)
      expect(outcome).toEqual({ kind, why: expect.stringMatching(/./) })
      expectNoKey(outcome, key)
      await expectRefusedWrite(fresh(), kind, name, key)
      await undo()
      expect(await store(fresh()).load(name)).toEqual({ kind: 'found', key })
    })
  }
}

/** What a write says of a store in that state; other states leave it open. */
const WRITE_CODES: Partial<Record<ArrangedOutcome, string>> = {
  locked: 'ERR_VAULT_LOCKED',
  unavailable: 'ERR_VAULT_UNAVAILABLE',
}

async function expectRefusedWrite(
  fixture: KeyProviderFixture,
  kind: ArrangedOutcome,
  name: string,
  key: Uint8Array,
): Promise<void> {
  const code = fixture.readOnlyKey === undefined ? WRITE_CODES[kind] : 'ERR_UNSUPPORTED'
  if (code === undefined) return
  const error = await store(fixture)
    .store(name, newKey())
    .then(
      () => undefined,
      (reason: unknown) => reason,
    )
  expect(error).toBeInstanceOf(AccountError)
  expect(error).toMatchObject({ code })
  expectNoKey(error, key)
}

function describeWrapping(fresh: Fresh, outcomes: readonly ArrangedOutcome[]): void {
  it('returns exactly the key that it wrapped, into blobs that do not repeat or contain it', async () => {
    for (const key of [newKey(), keyWithZeros()]) {
      const first = await wrap(fresh()).wrap(key)
      const second = await wrap(fresh()).wrap(key)
      expect(Buffer.from(first).equals(second)).toBe(false)
      for (const blob of [first, second]) {
        expect(Buffer.from(blob).includes(Buffer.from(key))).toBe(false)
        expect(await wrap(fresh()).unwrap(blob)).toMatchObject({ kind: 'found', key })
      }
      const { reopen } = fresh()
      if (reopen !== undefined) expect(await asWrap(reopen()).unwrap(first)).toMatchObject({ kind: 'found', key })
    }
  })

  it('finds no key in a blob that was changed, shortened or made by something else', async () => {
    const key = newKey()
    const blob = await wrap(fresh()).wrap(key)
    const changed = [0, 7, Math.floor(blob.length / 2), blob.length - 1].map((at) =>
      blob.map((byte, index) => (index === at ? byte ^ 1 : byte)),
    )
    for (const bad of [...changed, blob.subarray(0, -1), new Uint8Array(0), new Uint8Array(200)]) {
      const outcome = await wrap(fresh()).unwrap(bad)
      expect(outcome).toEqual({
        kind: expect.stringMatching(/^(corrupt|denied|locked)$/),
        why: expect.stringMatching(/./),
      })
      expectNoKey(outcome, key)
    }
  })

  describeWrapCalls(fresh)
  describeWrapStates(fresh, outcomes)
}

function describeWrapCalls(fresh: Fresh): void {
  it('refuses what is no key and no blob with a TypeError', async () => {
    for (const bad of [undefined, null, 'k'.repeat(32), [1, 2], {}]) {
      await expect(wrap(fresh()).wrap(bad as Uint8Array)).rejects.toThrow(TypeError)
      await expect(wrap(fresh()).unwrap(bad as Uint8Array)).rejects.toThrow(TypeError)
    }
    await expect(wrap(fresh()).wrap(new Uint8Array(31))).rejects.toThrow(TypeError)
  })

  it('does nothing for a caller that has already given up', async () => {
    const signal = AbortSignal.abort()
    await expect(wrap(fresh()).wrap(newKey(), { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(wrap(fresh()).unwrap(new Uint8Array(99), { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  it('serves calls at the same time and shares no memory with its caller', async () => {
    const keys = Array.from({ length: 3 }, newKey)
    const given = keys.map((key) => Uint8Array.from(key))
    const wrapping = given.map((key) => wrap(fresh()).wrap(key))
    for (const key of given) key.fill(0)
    const blobs = await Promise.all(wrapping)
    const outcomes = await Promise.all(blobs.map((blob) => wrap(fresh()).unwrap(blob)))
    expect(outcomes.map(found)).toEqual(keys)
  })
}

function describeWrapStates(fresh: Fresh, outcomes: readonly ArrangedOutcome[]): void {
  for (const kind of outcomes) {
    it(`answers "${kind}" when it is, and finds the key again afterwards`, async () => {
      const key = newKey()
      const blob = await wrap(fresh()).wrap(key)
      const undo = await arranged(fresh(), kind, '')
      const outcome = await wrap(fresh()).unwrap(blob)
      expect(outcome).toEqual({ kind, why: expect.stringMatching(/./) })
      expectNoKey(outcome, key)
      await undo()
      expect(await wrap(fresh()).unwrap(blob)).toMatchObject({ kind: 'found', key })
    })
  }
}

async function arranged(
  fixture: KeyProviderFixture,
  outcome: ArrangedOutcome,
  name: string,
): Promise<() => Promise<void>> {
  if (fixture.arrange === undefined) throw new Error('the traits name outcomes, and the fixture cannot arrange any')
  return await fixture.arrange(outcome, name)
}

/** Endings of names: quotes, separators, path steps, what databases and shells interpret, and other scripts. */
const ODD_ENDINGS = [
  '',
  ' ',
  '"',
  "'",
  '/',
  '../..',
  '\\',
  ':',
  '=',
  ',',
  ';',
  '%00',
  '$(x)',
  '\n',
  '__proto__',
  'ä',
  '字',
  '🔑',
]

function newName(): string {
  return `test:${crypto.randomUUID()}`
}

function newKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** Zero bytes end a text early in the APIs of some keychains. */
function keyWithZeros(): Uint8Array {
  return newKey().map((byte, index) => (index % 5 === 0 ? 0 : byte))
}

function store(fixture: KeyProviderFixture): StoreKeyProvider {
  return asStore(fixture.provider)
}

function asStore(provider: KeyProvider): StoreKeyProvider {
  if (provider.kind !== 'store') throw new Error('the suite was called with kind "store"')
  return provider
}

function wrap(fixture: KeyProviderFixture): WrapKeyProvider {
  return asWrap(fixture.provider)
}

function asWrap(provider: KeyProvider): WrapKeyProvider {
  if (provider.kind !== 'wrap') throw new Error('the suite was called with kind "wrap"')
  return provider
}

async function storedOrGiven(fixture: KeyProviderFixture, name: string): Promise<Uint8Array> {
  if (fixture.readOnlyKey !== undefined) return fixture.readOnlyKey
  const key = newKey()
  await store(fixture).store(name, key)
  return key
}

function found(outcome: KeyOutcome): Uint8Array {
  if (outcome.kind !== 'found') throw new Error(`expected a key, received "${outcome.kind}" (${outcome.why})`)
  return outcome.key
}

function expectNoKey(value: unknown, key: Uint8Array): void {
  const text = `${inspect(value, { depth: 10, showHidden: true })} ${JSON.stringify(value)}`
  for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
    expect(text).not.toContain(Buffer.from(key).toString(encoding))
  }
}
