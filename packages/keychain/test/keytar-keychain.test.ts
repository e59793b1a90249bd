import { startSecretService, type TestSecretService } from '@accountry/testing'
import { describeKeyProvider, describeWithSecretService } from '@accountry/testing/suites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Keytar, keytarKeychain, osKeychain } from '../src/index.ts'
import { buildKeytar, describeWithKeytar } from './support/built-keytar.ts'

const key = Uint8Array.from({ length: 32 }, (_, index) => index * 5)
const noKeytar: Keytar = {
  getPassword: async () => null,
  setPassword: async () => {},
  deletePassword: async () => false,
  findCredentials: async () => [],
}

let service: TestSecretService

/** The native modules read the process's own environment, and remember the first bus. */
function useSecretService(): void {
  beforeAll(async () => {
    service = await startSecretService()
    process.env['DBUS_SESSION_BUS_ADDRESS'] = service.env['DBUS_SESSION_BUS_ADDRESS']
  })
  afterAll(async () => {
    await service.close()
  })
}

describeWithKeytar('keytarKeychain on a real Secret Service', () => {
  let keytar: Keytar
  let remove: () => Promise<void>
  useSecretService()

  beforeAll(async () => {
    const built = await buildKeytar()
    keytar = built.keytar
    remove = built.remove
  }, 120_000)

  afterAll(async () => {
    await remove()
  })

  describeKeyProvider(
    'keytarKeychain',
    () => ({
      provider: keytarKeychain(keytar, { deadlineMs: 20_000 }),
      reopen: () => keytarKeychain(keytar, { deadlineMs: 20_000 }),
      arrange: async (outcome, name) => {
        if (outcome === 'locked') {
          await service.lock()
          return async () => await service.unlock()
        }
        const kept = (await keytar.getPassword('accountry', name)) ?? ''
        await keytar.setPassword('accountry', name, 'not a key')
        return async () => await keytar.setPassword('accountry', name, kept)
      },
    }),
    { outcomes: ['locked', 'corrupt'] },
  )

  it('is locked where keytar itself answers as if there were no key', async () => {
    const provider = keytarKeychain(keytar, { deadlineMs: 20_000 })
    await provider.store('vault', key)
    await service.lock()
    expect(await keytar.getPassword('accountry', 'vault')).toBeNull()
    expect(await provider.load('vault')).toMatchObject({ kind: 'locked' })
    expect(await provider.load('vault', { interaction: 'allow' })).toMatchObject({ kind: 'locked' })
    await service.unlock()
    expect(await provider.load('vault')).toEqual({ kind: 'found', key })
  })

  it('keeps entries of its own beside those of osKeychain', async () => {
    await keytarKeychain(keytar, { deadlineMs: 20_000 }).store('both', key)
    expect(await osKeychain({ deadlineMs: 20_000 }).load('both')).toMatchObject({ kind: 'absent' })
    await osKeychain({ deadlineMs: 20_000 }).store('both', new Uint8Array(32))
    expect(await keytarKeychain(keytar, { deadlineMs: 20_000 }).load('both')).toEqual({ kind: 'found', key })
  })

  // Last, because keytar does not find the next service in this process.
  it('is unavailable, never absent, when the service ends', async () => {
    const provider = keytarKeychain(keytar, { deadlineMs: 20_000 })
    await provider.store('vault', key)
    await service.stopService()
    expect(await provider.load('vault')).toMatchObject({ kind: 'unavailable' })
    await expect(provider.store('vault', key)).rejects.toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    await service.startService()
    expect(await provider.load('vault')).not.toMatchObject({ kind: 'absent' })
  })
})

describeWithSecretService('keytarKeychain without keytar', () => {
  useSecretService()

  it('says what a failing keytar means, and shows nothing that it quotes', async () => {
    const failing = {
      ...noKeytar,
      setPassword: () => Promise.reject(new Error('Cannot create an item in a locked collection')),
    }
    await expect(keytarKeychain(failing).store('vault', key)).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
  })

  it('rejects a store of which nothing can be read back', async () => {
    await expect(keytarKeychain(noKeytar).store('vault', key)).rejects.toMatchObject({ code: 'ERR_STORAGE_WRITE' })
  })
})

describe('keytarKeychain', () => {
  it('has an id of its own and guards as the keychain does', () => {
    const protection = process.platform === 'darwin' ? 'os-acl' : 'os-user'
    expect(keytarKeychain(noKeytar)).toMatchObject({ id: 'keytar', kind: 'store', protection })
  })

  it('refuses what is not keytar, and wrong options, with an error that names them', () => {
    for (const bad of [undefined, null, 'keytar', {}, { ...noKeytar, getPassword: undefined }]) {
      expect(() => keytarKeychain(bad as Keytar)).toThrow(/keytar must be/)
    }
    expect(() => keytarKeychain(noKeytar, { deadlineMs: 0 })).toThrow(RangeError)
    expect(() => keytarKeychain(noKeytar, { promptDeadlineMs: 'x' as never })).toThrow(TypeError)
  })
})
