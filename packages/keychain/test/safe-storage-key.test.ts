import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type ArrangedOutcome, describeKeyProvider } from '@accountry/testing/suites'
import { describe, expect, it } from 'vitest'
import { type SafeStorage, safeStorageKey } from '../src/index.ts'
import { createSafeStorageKey } from '../src/safe-storage-key.ts'

const key = Uint8Array.from({ length: 32 }, (_, index) => 200 - index)

/** Electron's `safeStorage` in the states that its documentation describes. */
class FakeElectron {
  isReady = true
  backend = 'gnome_libsecret'
  isLocked = false
  isTemporarilyUnavailable = false
  hasNewerKey = false
  isHanging = false
  readonly calls: string[] = []
  readonly #secret = randomBytes(32)

  encrypt(text: string): Buffer {
    if (this.isLocked) throw new Error('Error while encrypting the text provided to safeStorage.encryptString.')
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#secret, nonce, { authTagLength: 16 })
    return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  }

  decrypt(bytes: Buffer): string {
    const failure = new Error('Error while decrypting the ciphertext provided to safeStorage.decryptString.')
    if (this.isLocked || bytes.length < 28) throw failure
    const decipher = createDecipheriv('aes-256-gcm', this.#secret, bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString()
  }

  /** Before Electron 45. */
  get synchronous() {
    return {
      isEncryptionAvailable: () => this.isReady,
      encryptString: (text: string) => this.encrypt(text),
      decryptString: (bytes: Buffer) => this.decrypt(bytes),
      getSelectedStorageBackend: () => (this.isReady ? this.backend : 'unknown'),
    }
  }

  /** From Electron 46 on, where the synchronous methods are gone. */
  get asynchronous() {
    return {
      isAsyncEncryptionAvailable: async () => this.isReady,
      encryptStringAsync: async (text: string) => this.encrypt(text),
      decryptStringAsync: async (bytes: Buffer) => {
        if (this.isHanging) await new Promise(() => {})
        if (this.isTemporarilyUnavailable) return { result: '', isTemporarilyUnavailable: true }
        return { result: this.decrypt(bytes), shouldReEncrypt: this.hasNewerKey }
      },
      getSelectedStorageBackend: () => (this.isReady ? this.backend : 'unknown'),
    }
  }
}

for (const api of ['synchronous', 'asynchronous'] as const) {
  describeKeyProvider(
    `safeStorageKey on the ${api} methods`,
    () => {
      const electron = new FakeElectron()
      const arrange = async (outcome: ArrangedOutcome) => {
        if (outcome === 'locked') electron.isLocked = true
        else electron.isReady = false
        return async () => {
          electron.isLocked = false
          electron.isReady = true
        }
      }
      const make = () => createSafeStorageKey(electron[api], {}, 'linux')
      return { provider: make(), reopen: make, arrange }
    },
    { kind: 'wrap', outcomes: ['locked', 'unavailable'] },
  )
}

describe('safeStorageKey', () => {
  const on = (platform: NodeJS.Platform, electron = new FakeElectron(), options = {}) =>
    createSafeStorageKey(electron.asynchronous, options, platform)

  it('uses the asynchronous methods where both are there, as in Electron 45', async () => {
    const electron = new FakeElectron()
    const never = (): never => {
      throw new Error('a synchronous method was called')
    }
    const both = { ...electron.asynchronous, isEncryptionAvailable: never, encryptString: never, decryptString: never }
    const provider = safeStorageKey(both)
    expect(await provider.unwrap(await provider.wrap(key))).toEqual({ kind: 'found', key })
  })

  it('calls the methods on their object', async () => {
    class Storage {
      readonly prefix: string = 'v10'
      async isAsyncEncryptionAvailable() {
        return this.prefix !== ''
      }
      async encryptStringAsync(text: string) {
        return Buffer.from(this.prefix + text)
      }
      async decryptStringAsync(bytes: Buffer) {
        return { result: bytes.toString().slice(this.prefix.length) }
      }
      getSelectedStorageBackend() {
        return this.prefix === 'v10' ? 'kwallet6' : 'unknown'
      }
    }
    const provider = createSafeStorageKey(new Storage(), {}, 'linux')
    expect(await provider.unwrap(await provider.wrap(key))).toEqual({ kind: 'found', key })
  })

  it('reports how well each platform guards the key', () => {
    expect(on('darwin').protection).toBe('os-acl')
    expect(on('win32').protection).toBe('os-user')
    for (const backend of ['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6']) {
      expect(on('linux', Object.assign(new FakeElectron(), { backend })).protection).toBe('os-user')
    }
  })

  it('trusts no other Linux backend: not plain text, and not one that it does not know', async () => {
    for (const backend of ['basic_text', 'unknown', 'portal_of_tomorrow']) {
      const provider = on('linux', Object.assign(new FakeElectron(), { backend }))
      expect(provider.protection).toBe('none')
      await expect(provider.wrap(key)).rejects.toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
      expect(await provider.unwrap(new Uint8Array(60))).toMatchObject({ kind: 'unavailable' })
    }
  })

  it('uses plain text only when the app accepts it, and says that it guards nothing', async () => {
    const electron = Object.assign(new FakeElectron(), { backend: 'basic_text' })
    const provider = on('linux', electron, { allowPlaintext: true })
    expect(provider.protection).toBe('none')
    expect(await provider.unwrap(await provider.wrap(key))).toEqual({ kind: 'found', key })
  })

  it('is unavailable before the app is ready, and works afterwards with the same instance', async () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const electron = Object.assign(new FakeElectron(), { isReady: false })
      const provider = on(platform, electron)
      await expect(provider.wrap(key)).rejects.toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
      electron.isReady = true
      expect(await provider.unwrap(await provider.wrap(key))).toEqual({ kind: 'found', key })
    }
  })

  it('is locked while the keychain is temporarily unavailable', async () => {
    const electron = new FakeElectron()
    const provider = on('darwin', electron)
    const blob = await provider.wrap(key)
    electron.isTemporarilyUnavailable = true
    expect(await provider.unwrap(blob)).toMatchObject({ kind: 'locked' })
  })

  it('asks for the key to be wrapped again when the OS has a newer one', async () => {
    const electron = new FakeElectron()
    const provider = on('darwin', electron)
    const blob = await provider.wrap(key)
    electron.hasNewerKey = true
    expect(await provider.unwrap(blob)).toEqual({ kind: 'found', key, rewrap: true })
  })

  it('is locked when the OS does not answer in time', async () => {
    const electron = new FakeElectron()
    const provider = on('darwin', electron, { deadlineMs: 50 })
    const blob = await provider.wrap(key)
    electron.isHanging = true
    expect(await provider.unwrap(blob)).toEqual({ kind: 'locked', why: 'safeStorage did not answer within 50 ms' })
  })

  it('calls something else that was decrypted corrupt', async () => {
    const electron = new FakeElectron()
    expect(await on('darwin', electron).unwrap(electron.encrypt('a password'))).toMatchObject({ kind: 'corrupt' })
  })

  it('refuses what is not safeStorage, and wrong options, with a TypeError', () => {
    for (const bad of [undefined, null, 'x', {}, { isEncryptionAvailable: () => true }]) {
      expect(() => safeStorageKey(bad as SafeStorage)).toThrow(/safeStorage/)
    }
    const { asynchronous } = new FakeElectron()
    expect(() => safeStorageKey(asynchronous, { allowPlaintext: 'yes' as never })).toThrow(/allowPlaintext/)
    expect(() => safeStorageKey(asynchronous, { deadlineMs: 0 })).toThrow(RangeError)
  })
})
