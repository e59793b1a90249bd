import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccountManager } from '@accountry/accounts'
import { type SafeStorage, safeStorageKey } from '@accountry/electron/main'
import { createFakeAuthenticator } from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'safe-storage-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

interface StorageState {
  backend: ReturnType<NonNullable<SafeStorage['getSelectedStorageBackend']>>
  isTemporarilyUnavailable: boolean
  shouldReEncrypt: boolean
}

/** `safeStorage` with the asynchronous methods, as Electron documents it. The key belongs to the app's name. */
function safeStorageOf(
  keychain: Map<string, Buffer>,
  appName: string,
): SafeStorage & { readonly state: StorageState; encryptions: number } {
  const state: StorageState = { backend: 'gnome_libsecret', isTemporarilyUnavailable: false, shouldReEncrypt: false }
  const secret = keychain.get(appName) ?? randomBytes(32)
  keychain.set(appName, secret)
  return {
    state,
    encryptions: 0,
    getSelectedStorageBackend: () => state.backend,
    isAsyncEncryptionAvailable: async () => true,
    async encryptStringAsync(text) {
      this.encryptions++
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce)
      return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
    },
    async decryptStringAsync(bytes) {
      if (state.isTemporarilyUnavailable) return { result: '', isTemporarilyUnavailable: true }
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(-16))
      const result = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString()
      return { result, shouldReEncrypt: state.shouldReEncrypt }
    },
  }
}

async function open(safeStorage: SafeStorage, options: { minProtection?: 'os-user'; allowPlaintext?: boolean } = {}) {
  const { allowPlaintext = false, ...managerOptions } = options
  return await AccountManager.open({
    app: { id: 'com.example.agenda' },
    directory,
    keyProvider: safeStorageKey(safeStorage, { allowPlaintext }),
    authenticators: [createFakeAuthenticator()],
    ...managerOptions,
  })
}

describe('a vault whose key safeStorage guards', () => {
  it.runIf(process.platform === 'linux')(
    'J-13: is not made with basic_text: the error says what to do, and nothing is stored',
    async () => {
      const storage = safeStorageOf(new Map(), 'Agenda')
      storage.state.backend = 'basic_text'
      await expect(open(storage)).rejects.toMatchObject({
        code: 'ERR_VAULT_UNAVAILABLE',
        message: expect.stringContaining('passphraseKey'),
      })
      expect(storage.encryptions).toBe(0)
      storage.state.backend = 'unknown'
      await expect(open(storage)).rejects.toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
      storage.state.backend = 'basic_text'
      await expect(open(storage, { allowPlaintext: true, minProtection: 'os-user' })).rejects.toHaveProperty('code')
      expect(safeStorageKey(storage).protection).toBe('none')
    },
  )

  it('J-14: is locked while the keychain is away, opens when it is back, and is wrapped again when it has a newer key', async () => {
    const keychain = new Map<string, Buffer>()
    const first = await open(safeStorageOf(keychain, 'Agenda'))
    const account = await first.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'a password' })
    await first.close()
    const storage = safeStorageOf(keychain, 'Agenda')
    storage.state.isTemporarilyUnavailable = true
    const manager = await open(storage)
    expect(await manager.getAccounts()).toEqual([account])
    await expect(manager.getPassword(account)).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED', action: 'unlock' })
    storage.state.isTemporarilyUnavailable = false
    storage.state.shouldReEncrypt = true
    expect(await manager.unlock()).toBe(true)
    expect(await manager.getPassword(account)).toBe('a password')
    await manager.close()
    expect(storage.encryptions).toBe(1)
    const again = await open(safeStorageOf(keychain, 'Agenda'))
    expect(await again.getPassword(account)).toBe('a password')
    await again.close()
  })

  it('EL-09: is locked for an app under another name, loses nothing, and opens again under the old one', async () => {
    const keychain = new Map<string, Buffer>()
    const before = await open(safeStorageOf(keychain, 'Agenda'))
    const account = await before.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'a password' })
    await before.close()
    const renamed = await open(safeStorageOf(keychain, 'Agenda Pro'))
    expect(await renamed.getAccounts()).toEqual([account])
    await expect(renamed.getPassword(account)).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await renamed.unlock()).toBe(false)
    await renamed.close()
    const back = await open(safeStorageOf(keychain, 'Agenda'))
    expect(await back.getPassword(account)).toBe('a password')
    await back.close()
  })
})
