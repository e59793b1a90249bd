import { describe, expect, it } from 'vitest'
import { createFakeKeyProvider, type FakeStoreKeyProvider, type FakeWrapKeyProvider } from '../src/index.ts'
import { type ArrangedOutcome, describeKeyProvider } from '../src/suites.ts'

const outcomes = ['locked', 'denied', 'corrupt', 'unavailable'] as const
const key = new Uint8Array(32).fill(3)

function fixtureOf(provider: FakeStoreKeyProvider | FakeWrapKeyProvider) {
  const arrange = async (outcome: ArrangedOutcome) => {
    provider.always = outcome
    return async () => {
      provider.always = undefined
    }
  }
  return { provider, arrange }
}

describeKeyProvider('createFakeKeyProvider', () => fixtureOf(createFakeKeyProvider()), { outcomes })

describeKeyProvider(
  'createFakeKeyProvider of the kind "wrap"',
  () => fixtureOf(createFakeKeyProvider([], { kind: 'wrap' })),
  { kind: 'wrap', outcomes },
)

describe('createFakeKeyProvider', () => {
  it('answers the scripted outcomes first, one each, and then the truth', async () => {
    const provider = createFakeKeyProvider(['locked', { kind: 'denied', why: 'not today' }, { kind: 'found', key }])
    expect(await provider.load('a')).toMatchObject({ kind: 'locked' })
    expect(await provider.load('a')).toEqual({ kind: 'denied', why: 'not today' })
    expect(await provider.load('a')).toEqual({ kind: 'found', key })
    expect(await provider.load('a')).toMatchObject({ kind: 'absent' })
    provider.answer('corrupt')
    expect(await provider.load('a')).toMatchObject({ kind: 'corrupt' })
  })

  it('records what it was asked and never a key', async () => {
    const provider = createFakeKeyProvider()
    await provider.store('a', key)
    await provider.load('a', { interaction: 'allow' })
    await provider.delete('a')
    expect(provider.requests).toEqual([
      { method: 'store', name: 'a' },
      { method: 'load', name: 'a', interaction: 'allow' },
      { method: 'delete', name: 'a' },
    ])
  })

  it('takes the id and the protection that it is given', () => {
    expect(createFakeKeyProvider()).toMatchObject({ id: 'fake', protection: 'os-user', kind: 'store' })
    expect(createFakeKeyProvider([], { id: 'kms', protection: 'none', kind: 'wrap' })).toMatchObject({
      id: 'kms',
      protection: 'none',
      kind: 'wrap',
    })
  })
})
