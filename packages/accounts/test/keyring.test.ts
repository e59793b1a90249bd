import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { KeyOutcome, StoreKeyProvider } from '@accountry/accounts'
import { createFakeClock, createFakeKeyProvider, type FakeKeyOutcome } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DENIAL_COOLDOWN_MS } from '../src/vault/denials.ts'
import { failureOf } from './support/failures.ts'
import { ANA, headerOf, madeVault, passwordIn } from './support/keyed-vault.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('a new vault', () => {
  it('gets one key, kept once, however many accounts there are (H-06)', async () => {
    const provider = createFakeKeyProvider()
    const manager = await openManager({ keyProvider: provider })
    for (let n = 0; n < 20; n++) {
      await manager.addAccountExplicitly({ type: TYPE, name: `ana-${n}` }, { tokens: { a: { value: `token-${n}` } } })
    }
    expect(provider.requests.filter(({ method }) => method === 'store')).toHaveLength(1)
    expect(new Set(provider.requests.map(({ name }) => name)).size).toBe(1)
  })

  it.each<FakeKeyOutcome & string>(['locked', 'denied'])(
    'whose provider is %s is opened without a key, and gets one at the next try',
    async (outcome) => {
      const provider = createFakeKeyProvider([outcome])
      const manager = await openManager({ keyProvider: provider })
      expect(await manager.getAccounts()).toEqual([])
      expect((await manager.health()).locked).toBe(true)
      expect(await failureOf(manager.addAccountExplicitly(ANA))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
      expect(provider.requests.map(({ method }) => method)).toEqual(['load'])
      expect(await manager.unlock()).toBe(true)
      await manager.addAccountExplicitly(ANA, { password: 'canary' })
      expect(await passwordIn(manager)).toBe('canary')
    },
  )

  it.each<FakeKeyOutcome & string>(['unavailable', 'corrupt'])(
    'whose provider is %s is not made, and says which providers there are',
    async (outcome) => {
      const directory = tempFolder()
      const provider = createFakeKeyProvider([outcome])
      const failure = await failureOf(openManager({ directory, keyProvider: provider }))
      expect(failure).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
      expect(failure.message).toMatch(/passphraseKey.*environmentKey.*fileKey/)
      expect(provider.requests.map(({ method }) => method)).toEqual(['load'])
      expect(existsSync(join(directory, 'initialised'))).toBe(false)
      const manager = await openManager({ directory, keyProvider: provider })
      await manager.addAccountExplicitly(ANA, { password: 'canary' })
      expect(await passwordIn(manager)).toBe('canary')
    },
  )

  it('whose provider throws something foreign is not made, and what was thrown does not come out', async () => {
    const provider = createFakeKeyProvider()
    provider.store = () => Promise.reject(Object.assign(new Error('canary'), { code: 'EIO' }))
    const failure = await failureOf(openManager({ keyProvider: provider }))
    expect(failure).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(failure.message).not.toContain('canary')
  })

  it('asks without a prompt while it is opened, and with one when the person unlocks', async () => {
    const provider = createFakeKeyProvider(['locked', 'locked'])
    const manager = await openManager({ keyProvider: provider })
    await manager.unlock({ interaction: 'never' })
    await manager.unlock()
    expect(
      provider.requests.filter(({ method }) => method === 'load').map(({ interaction }) => interaction ?? 'never'),
      // The last one reads back what was stored.
    ).toEqual(['never', 'never', 'allow', 'allow'])
  })

  it.each<[string, () => Promise<KeyOutcome>]>([
    ['keeps nothing', async () => ({ kind: 'absent', why: 'nothing there' })],
    ['keeps something else', async () => ({ kind: 'found', key: new Uint8Array(32) })],
  ])('is not made with a keychain that says yes and %s, nor is one added to it', async (_what, answer) => {
    const asked: string[] = []
    const forgetful: StoreKeyProvider = {
      ...fixedKey(),
      id: 'forgetful',
      load: async () => (asked.length === 0 ? { kind: 'absent', why: 'nothing there' } : await answer()),
      store: async () => void asked.push('store'),
    }
    const refused = { code: 'ERR_VAULT_UNAVAILABLE', message: expect.stringContaining('did not keep the key') }
    expect(await failureOf(openManager({ keyProvider: forgetful }))).toMatchObject(refused)
    asked.length = 0
    const manager = await openManager()
    expect(await failureOf(manager.addKeyProvider(forgetful))).toMatchObject(refused)
    expect(asked).toEqual(['store'])
  })
})

describe('an existing vault whose provider', () => {
  const wrongKey: FakeKeyOutcome = { kind: 'found', key: new Uint8Array(32).fill(9) }
  const shortKey: FakeKeyOutcome = { kind: 'found', key: new Uint8Array(16).fill(9) }
  it.each<[string, FakeKeyOutcome, string]>([
    ['is locked', 'locked', 'ERR_VAULT_LOCKED'],
    ['is denied', 'denied', 'ERR_VAULT_LOCKED'],
    ['is unavailable', 'unavailable', 'ERR_VAULT_UNAVAILABLE'],
    ['has no such key', 'absent', 'ERR_VAULT_KEY_LOST'],
    ['has a key of no usable form', 'corrupt', 'ERR_VAULT_KEY_LOST'],
    ['has another key', wrongKey, 'ERR_VAULT_KEY_LOST'],
    ['has a key of the wrong length', shortKey, 'ERR_VAULT_KEY_LOST'],
  ])(
    '%s: accounts are listed, secrets are refused, nothing is overwritten, and it opens later',
    async (_what, outcome, code) => {
      const provider = createFakeKeyProvider()
      const directory = await madeVault(provider)
      const before = headerOf(directory)
      const writes = () => provider.requests.filter(({ method }) => method !== 'load').length
      const stored = writes()
      provider.always = outcome
      const clock = createFakeClock()
      const manager = await openManager({ directory, keyProvider: provider, clock })
      const [account] = await manager.getAccounts()
      expect(account).toMatchObject(ANA)
      const refused = [
        manager.getPassword(account ?? ''),
        manager.setPassword(account ?? '', 'other'),
        manager.getUserData(account ?? '', 'key'),
        manager.getAuthToken(account ?? '', 'calendar'),
        manager.setAuthToken(account ?? '', 'calendar', { value: 'token' }),
        manager.addAccountExplicitly({ type: TYPE, name: 'ben' }),
        manager.addAccount(TYPE),
      ]
      const codes = (await Promise.all(refused.map(failureOf))).map((failure) => failure.code)
      expect(new Set(codes)).toEqual(new Set([code]))
      expect(await manager.unlock()).toBe(false)
      expect(headerOf(directory)).toBe(before)
      expect(writes()).toBe(stored)
      provider.always = undefined
      await clock.advance(DENIAL_COOLDOWN_MS)
      expect(await manager.unlock()).toBe(true)
      expect(await manager.getPassword(account ?? '')).toBe('canary')
    },
  )

  it('was denied by the person raises no other prompt for five minutes, in no process (H-03)', async () => {
    const provider = createFakeKeyProvider()
    const directory = await madeVault(provider)
    provider.always = 'denied'
    const clock = createFakeClock()
    const [manager, other] = [
      await openManager({ directory, keyProvider: provider, clock }),
      await openManager({ directory, keyProvider: provider, clock }),
    ]
    const asked = () => provider.requests.filter(({ method }) => method === 'load').length
    expect(await manager.unlock()).toBe(false)
    const before = asked()
    expect([await manager.unlock(), await other.unlock(), await manager.unlock({ interaction: 'never' })]).toEqual([
      false,
      false,
      false,
    ])
    expect(asked()).toBe(before)
    expect(await failureOf(passwordIn(manager))).toMatchObject({
      code: 'ERR_VAULT_LOCKED',
      message: expect.stringMatching(/denied; it is asked again from/),
    })
    provider.always = undefined
    await clock.advance(DENIAL_COOLDOWN_MS - 1)
    expect(await other.unlock()).toBe(false)
    await clock.advance(1)
    expect([await manager.unlock(), await other.unlock()]).toEqual([true, true])
  })

  it('was denied by the person is locked, and no error, also where that cannot be written down', async () => {
    const provider = createFakeKeyProvider()
    const directory = await madeVault(provider)
    provider.always = 'denied'
    const manager = await openManager({ directory, keyProvider: provider, timeouts: { writeMs: 5 } })
    const other = new DatabaseSync(join(directory, 'vault.db'), { timeout: 0 })
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    expect(await manager.unlock()).toBe(false)
    expect(await failureOf(passwordIn(manager))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
  })

  it('is denied, when it is a passphrase, was given a wrong one', async () => {
    const provider = createFakeKeyProvider([], { protection: 'passphrase' })
    const directory = await madeVault(provider)
    provider.always = 'denied'
    const manager = await openManager({ directory, keyProvider: provider })
    expect(await failureOf(passwordIn(manager))).toMatchObject({ code: 'ERR_VAULT_KEY_LOST', reason: 'wrong_key' })
  })

  it('is not given at all stays locked, and says which one it was', async () => {
    const directory = await madeVault(createFakeKeyProvider([], { id: 'first' }))
    const other = createFakeKeyProvider([], { id: 'second' })
    const manager = await openManager({ directory, keyProvider: other })
    const failure = await failureOf(passwordIn(manager))
    expect(failure).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(failure.message).toContain('first')
    expect(other.requests).toEqual([])
  })

  it('has the same id and another kind is not asked in the wrong way', async () => {
    const directory = await madeVault(createFakeKeyProvider([], { id: 'same' }))
    const manager = await openManager({
      directory,
      keyProvider: createFakeKeyProvider([], { id: 'same', kind: 'wrap' }),
    })
    expect(await failureOf(passwordIn(manager))).toMatchObject({ code: 'ERR_VAULT_KEY_LOST' })
  })

  it('throws instead of answering counts as one that cannot be reached', async () => {
    const provider = createFakeKeyProvider()
    const directory = await madeVault(provider)
    const load = provider.load.bind(provider)
    provider.load = () => Promise.reject(new Error('canary'))
    const manager = await openManager({ directory, keyProvider: provider })
    expect(await manager.getAccounts()).toHaveLength(1)
    expect(await failureOf(passwordIn(manager))).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    provider.load = load
    expect(await manager.unlock()).toBe(true)
  })

  it('is locked: accounts can be renamed and removed, and stay so after it is unlocked', async () => {
    const provider = createFakeKeyProvider()
    const directory = await madeVault(provider)
    provider.always = 'locked'
    const manager = await openManager({ directory, keyProvider: provider })
    const [account] = await manager.getAccounts()
    await manager.renameAccount(account ?? '', 'anna')
    expect(await manager.removeAccount(account ?? '')).toBe('removed')
    provider.always = undefined
    await manager.unlock()
    expect(await manager.getAccounts()).toEqual([])
  })
})

describe('lock', () => {
  it('forgets the key and every token in memory, until it is unlocked', async () => {
    const manager = await openManager()
    const account = await manager.addAccountExplicitly(ANA, { password: 'canary' })
    await manager.getAuthToken(account, 'calendar')
    const heard: string[] = []
    manager.on('vault:locked', () => heard.push('locked'))
    manager.on('vault:unlocked', () => heard.push('unlocked'))
    manager.lock()
    manager.lock()
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await failureOf(manager.peekAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await failureOf(manager.invalidateAuthToken(TYPE, 'x'))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect((await manager.getAccountInfo(account)).claims).toEqual({})
    expect(await manager.unlock()).toBe(true)
    expect(await manager.unlock()).toBe(true)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(heard).toEqual(['locked', 'unlocked'])
  })
})
