import { expect, it } from 'vitest'
import {
  type ArrangedOutcome,
  arranged,
  asWrap,
  expectNoKey,
  type Fresh,
  found,
  keyWithZeros,
  newKey,
  wrap,
} from './key-provider-fixture.ts'

export function describeWrapping(fresh: Fresh, outcomes: readonly ArrangedOutcome[]): void {
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
