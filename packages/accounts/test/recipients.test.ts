import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyProvider } from '@accountry/accounts'
import { firstAvailable } from '@accountry/keychain'
import { createFakeKeyProvider, type FakeKeyOutcome, type FakeStoreKeyProvider } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { ANA, headerOf, madeVault, passwordIn } from './support/keyed-vault.ts'
import { openManager } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('several providers', () => {
  it('all open the vault', async () => {
    const [one, two] = [
      createFakeKeyProvider([], { id: 'one' }),
      createFakeKeyProvider([], { id: 'two', kind: 'wrap' }),
    ]
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: [one, two] })
    await manager.addAccountExplicitly(ANA, { password: 'canary' })
    await manager.close()
    for (const keyProvider of [one, two]) {
      expect(await passwordIn(await openManager({ directory, keyProvider }))).toBe('canary')
    }
  })

  it('are tried one after the other: the first usable one opens', async () => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'two' })]
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: [one, two] })
    await manager.addAccountExplicitly(ANA, { password: 'canary' })
    await manager.close()
    for (const outcome of ['locked', 'absent', 'unavailable', 'corrupt', 'denied'] as const) {
      one.always = outcome
      expect(await passwordIn(await openManager({ directory, keyProvider: [one, two] }))).toBe('canary')
    }
  })

  it.each<[FakeKeyOutcome & string, FakeKeyOutcome & string, string]>([
    ['locked', 'absent', 'ERR_VAULT_LOCKED'],
    ['absent', 'locked', 'ERR_VAULT_LOCKED'],
    ['unavailable', 'absent', 'ERR_VAULT_UNAVAILABLE'],
    ['absent', 'unavailable', 'ERR_VAULT_UNAVAILABLE'],
    ['unavailable', 'locked', 'ERR_VAULT_LOCKED'],
    ['absent', 'corrupt', 'ERR_VAULT_KEY_LOST'],
  ])('of which one is %s and one is %s leave the vault with %s', async (first, second, code) => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'two' })]
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: [one, two] })
    await manager.addAccountExplicitly(ANA, { password: 'canary' })
    await manager.close()
    one.always = first
    two.always = second
    expect(await failureOf(passwordIn(await openManager({ directory, keyProvider: [one, two] })))).toMatchObject({
      code,
    })
  })

  it('that are given later become recipients too', async () => {
    const one = createFakeKeyProvider([], { id: 'one' })
    const directory = await madeVault(one)
    const two = createFakeKeyProvider([], { id: 'two' })
    await (await openManager({ directory, keyProvider: [one, two] })).close()
    expect(await passwordIn(await openManager({ directory, keyProvider: two }))).toBe('canary')
  })

  it('of which one cannot be had are no obstacle for the others', async () => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider(['unavailable'], { id: 'two' })]
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: [one, two] })
    await manager.addAccountExplicitly(ANA, { password: 'canary' })
    expect((await manager.getKeyProviders()).map(({ id }) => id)).toEqual(['one'])
    await manager.close()
    const again = await openManager({ directory, keyProvider: [one, two] })
    expect((await again.getKeyProviders()).map(({ id }) => id).sort()).toEqual(['one', 'two'])
  })

  it.each<[string, unknown]>([
    ['none', []],
    ['nothing', undefined],
    ['null', null],
    ['something else', {}],
    ['a provider without id', { ...createFakeKeyProvider(), id: '' }],
    ['two with one id', [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'one' })]],
  ])('such as %s are a TypeError, before anything is touched', async (_what, keyProvider) => {
    const directory = join(tempFolder(), 'vault')
    expect(await failureOf(openManager({ directory, keyProvider: keyProvider as KeyProvider }))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('keyProvider'),
    })
    expect(existsSync(directory)).toBe(false)
  })
})

describe('a ladder', () => {
  const rungs = (): [FakeStoreKeyProvider, FakeStoreKeyProvider] => [
    createFakeKeyProvider([], { id: 'best' }),
    createFakeKeyProvider([], { id: 'second' }),
  ]

  it('takes the first rung that works and asks no other', async () => {
    const [best, second] = rungs()
    await openManager({ keyProvider: firstAvailable([best, second]) })
    expect([best.requests.length > 0, second.requests]).toEqual([true, []])
  })

  it('takes the next rung when the first is unavailable, records it, and never flips back', async () => {
    const [best, second] = rungs()
    best.always = 'unavailable'
    const directory = await madeVault(firstAvailable([best, second]))
    best.always = undefined
    const manager = await openManager({ directory, keyProvider: firstAvailable([best, second]) })
    expect(await passwordIn(manager)).toBe('canary')
    expect((await manager.getKeyProviders()).map(({ id }) => id)).toEqual(['second'])
    expect(best.requests.filter(({ method }) => method === 'store')).toEqual([])
  })

  it('does not pass over a rung that is only locked', async () => {
    const [best, second] = rungs()
    best.always = 'locked'
    const manager = await openManager({ keyProvider: firstAvailable([best, second]) })
    expect((await manager.health()).locked).toBe(true)
    expect(second.requests).toEqual([])
  })

  it.each<[FakeKeyOutcome & string, string]>([
    ['unavailable', 'ERR_VAULT_UNAVAILABLE'],
    ['locked', 'ERR_VAULT_LOCKED'],
    ['absent', 'ERR_VAULT_KEY_LOST'],
  ])('whose recorded rung is %s later is not started anew on another (H-12)', async (outcome, code) => {
    const [best, second] = rungs()
    const directory = await madeVault(firstAvailable([best, second]))
    best.always = outcome
    const manager = await openManager({ directory, keyProvider: firstAvailable([best, second]) })
    expect(await failureOf(passwordIn(manager))).toMatchObject({ code })
    expect(second.requests).toEqual([])
  })
})

describe('minProtection', () => {
  it('refuses to make a vault with a weaker provider (H-10)', async () => {
    const directory = tempFolder()
    const keyProvider = createFakeKeyProvider([], { protection: 'none' })
    expect(await failureOf(openManager({ directory, keyProvider, minProtection: 'os-user' }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'weak_protection',
    })
    expect(keyProvider.requests).toEqual([])
  })

  it('refuses to open a vault that a weaker provider can open as well', async () => {
    const [weak, strong] = [
      createFakeKeyProvider([], { id: 'weak', protection: 'none' }),
      createFakeKeyProvider([], { id: 'strong', protection: 'os-acl' }),
    ]
    const directory = tempFolder()
    await (await openManager({ directory, keyProvider: [weak, strong] })).close()
    expect(await failureOf(openManager({ directory, keyProvider: strong, minProtection: 'os-user' }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'weak_protection',
    })
  })

  it.each([
    ['os-acl', 'os-user'],
    ['os-user', 'os-user'],
    ['os-user', 'passphrase'],
    ['passphrase', 'passphrase'],
    ['none', 'none'],
  ] as const)('lets a provider with protection %s pass for %s', async (protection, minProtection) => {
    const manager = await openManager({ keyProvider: createFakeKeyProvider([], { protection }), minProtection })
    expect((await manager.health()).locked).toBe(false)
  })

  it('passes over the weak rungs of a ladder', async () => {
    const weak = createFakeKeyProvider([], { id: 'weak', protection: 'none' })
    const strong = createFakeKeyProvider([], { id: 'strong', protection: 'os-user' })
    const manager = await openManager({ keyProvider: firstAvailable([weak, strong]), minProtection: 'os-user' })
    expect((await manager.getKeyProviders()).map(({ id }) => id)).toEqual(['strong'])
    expect(weak.requests).toEqual([])
  })
})

describe('a provider that wraps', () => {
  it('opens what it wrapped, and its blob is all that lies in the vault', async () => {
    const provider = createFakeKeyProvider([], { kind: 'wrap' })
    const directory = await madeVault(provider)
    expect(await passwordIn(await openManager({ directory, keyProvider: provider }))).toBe('canary')
  })

  it('on another machine finds its key lost, and nothing is overwritten (H-28)', async () => {
    const directory = await madeVault(createFakeKeyProvider([], { kind: 'wrap' }))
    const before = headerOf(directory)
    const manager = await openManager({ directory, keyProvider: createFakeKeyProvider([], { kind: 'wrap' }) })
    expect(await manager.getAccounts()).toHaveLength(1)
    expect(await failureOf(passwordIn(manager))).toMatchObject({ code: 'ERR_VAULT_KEY_LOST' })
    expect(headerOf(directory)).toBe(before)
  })

  it('that has a newer key is asked to wrap again, and its blob is replaced (CR-14)', async () => {
    const provider = createFakeKeyProvider([], { kind: 'wrap' })
    const directory = await madeVault(provider)
    const unwrap = provider.unwrap.bind(provider)
    provider.unwrap = async (blob, options) => {
      const outcome = await unwrap(blob, options)
      return outcome.kind === 'found' ? { ...outcome, rewrap: true } : outcome
    }
    const before = headerOf(directory)
    expect(await passwordIn(await openManager({ directory, keyProvider: provider }))).toBe('canary')
    expect(headerOf(directory)).not.toBe(before)
    expect(provider.requests.filter(({ method }) => method === 'wrap')).toHaveLength(2)
    expect(await passwordIn(await openManager({ directory, keyProvider: provider }))).toBe('canary')
  })
})
