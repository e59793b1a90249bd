import { AccountError } from '@accountry/accounts'
import { expect, it } from 'vitest'
import {
  type ArrangedOutcome,
  arranged,
  asStore,
  expectNoKey,
  type Fresh,
  found,
  type KeyProviderFixture,
  keyWithZeros,
  newKey,
  newName,
  store,
  storedOrGiven,
} from './key-provider-fixture.ts'

export function describeStoring(fresh: Fresh, readOnly: boolean, outcomes: readonly ArrangedOutcome[]): void {
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
