import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSecretService } from '@accountry/testing'
import { describeWithSecretService } from '@accountry/testing/suites'
import { describe, expect, it } from 'vitest'
import { type HostProcess, hostProcess } from '../src/host-process.ts'
import { type OsKeychainOptions, osKeychain } from '../src/index.ts'
import { createOsKeychain } from '../src/os-keychain.ts'
import { inOtherProcess } from './support/other-process.ts'

const key = Uint8Array.from({ length: 32 }, (_, index) => index)
const windows: HostProcess = { platform: 'win32', isElectron: false, environment: {}, node: undefined }
const mac: HostProcess = { ...windows, platform: 'darwin' }

interface FakeEntry {
  readonly service: string
  readonly name: string
  readonly options: object | undefined
}

/** A native module in memory, and the entries that were made of it. */
function fakeBinding(getSecret: (stored: number[] | null) => Promise<number[] | null> = async (stored) => stored) {
  const secrets = new Map<string, number[]>()
  const entries: FakeEntry[] = []
  const calls: string[] = []
  class AsyncEntry {
    readonly name: string
    constructor(service: string, name: string, options?: object) {
      this.name = name
      entries.push({ service, name, options })
    }
    async getSecret() {
      calls.push('getSecret')
      return await getSecret(secrets.get(this.name) ?? null)
    }
    async setSecret(secret: Uint8Array) {
      calls.push('setSecret')
      secrets.set(this.name, [...secret])
    }
    async deleteCredential() {
      calls.push('deleteCredential')
      return secrets.delete(this.name)
    }
  }
  return { binding: { AsyncEntry }, entries, calls, secrets }
}

describe('osKeychain on Windows and macOS, with a fake of the native module', () => {
  it('guards per user on Windows and Linux, and per program on macOS', () => {
    expect(createOsKeychain({}, windows).protection).toBe('os-user')
    expect(createOsKeychain({}, { ...windows, platform: 'linux' }).protection).toBe('os-user')
    expect(createOsKeychain({}, mac).protection).toBe('os-acl')
  })

  it('stores the bytes under the service name of the project, with one entry per key', async () => {
    for (const host of [windows, mac]) {
      const { binding, entries, secrets } = fakeBinding()
      const provider = createOsKeychain({ binding }, host)
      expect(await provider.load('vault')).toMatchObject({ kind: 'absent' })
      await provider.store('vault', key)
      expect(await provider.load('vault')).toEqual({ kind: 'found', key })
      expect(secrets.get('vault')).toEqual([...key])
      expect(entries).toEqual([
        { service: 'accountry', name: 'vault', options: { linux: { store: 'secret-service' } } },
      ])
      await provider.delete('vault')
      await provider.delete('vault')
      expect(await provider.load('vault')).toMatchObject({ kind: 'absent' })
    }
  })

  it('holds few entries at a time, because each may hold a connection', async () => {
    const { binding, entries } = fakeBinding()
    const provider = createOsKeychain({ binding }, windows)
    for (let index = 0; index < 20; index++) await provider.load(`vault:${index}`)
    await provider.load('vault:19')
    expect(entries).toHaveLength(20)
    await provider.load('vault:0')
    expect(entries).toHaveLength(21)
  })

  it('classes what the keychains say, and never calls a failure absent', async () => {
    const messages = {
      'User interaction is not allowed.': 'locked',
      'The user name or passphrase you entered is not correct.': 'locked',
      'User canceled the operation.': 'locked',
      "Entry is matched by 2 credentials: ['a', 'b']": 'corrupt',
      'Platform failure: The specified resource type cannot be found': 'unavailable',
      '': 'unavailable',
    }
    for (const [message, kind] of Object.entries(messages)) {
      const { binding } = fakeBinding(() => Promise.reject(new Error(message)))
      const outcome = await createOsKeychain({ binding }, mac).load('vault')
      expect(outcome).toEqual({ kind, why: expect.stringMatching(/./) })
    }
  })

  it('calls a value of another length corrupt', async () => {
    for (const value of [[], [1, 2, 3], Array(33).fill(0)]) {
      const { binding } = fakeBinding(async () => value)
      expect(await createOsKeychain({ binding }, windows).load('vault')).toMatchObject({ kind: 'corrupt' })
    }
  })

  it('tells of an unknown failure its name and code, and never what it quotes', async () => {
    const error = Object.assign(new Error('cannot keep c2VjcmV0IGtleQ=='), { code: 'GenericFailure' })
    const { binding } = fakeBinding(() => Promise.reject(error))
    expect(await createOsKeychain({ binding }, windows).load('vault')).toEqual({
      kind: 'unavailable',
      why: 'the keychain failed (Error GenericFailure)',
    })
    const hostile = Object.assign(new Error('x'), { name: 'a secret with spaces', code: { toString: () => 'secret' } })
    const { binding: worse } = fakeBinding(() => Promise.reject(hostile))
    expect(await createOsKeychain({ binding: worse }, windows).load('vault')).toEqual({
      kind: 'unavailable',
      why: 'the keychain failed (Error)',
    })
  })

  it('is locked when a call hangs, and starts no further native call while it does', async () => {
    const { binding, calls } = fakeBinding(() => new Promise(() => {}))
    const provider = createOsKeychain({ binding, deadlineMs: 50 }, windows)
    const late = { kind: 'locked', why: 'the keychain did not answer within 50 ms' }
    expect(await Promise.all([provider.load('a'), provider.load('b')])).toEqual([late, late])
    expect(await provider.load('c')).toEqual(late)
    await expect(provider.store('c', key)).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(calls).toEqual(['getSecret'])
  })

  it('goes on after a call that was late', async () => {
    let finish = (): void => {}
    const { binding, secrets } = fakeBinding(async (stored) => {
      if (stored !== null) return stored
      return await new Promise((resolve) => {
        finish = () => resolve(null)
      })
    })
    const provider = createOsKeychain({ binding, deadlineMs: 300 }, windows)
    expect(await provider.load('vault')).toMatchObject({ kind: 'locked' })
    secrets.set('vault', [...key])
    finish()
    expect(await provider.load('vault')).toEqual({ kind: 'found', key })
  })

  it('stops waiting when the caller gives up', async () => {
    const { binding } = fakeBinding(() => new Promise(() => {}))
    const loading = createOsKeychain({ binding }, mac).load('vault', { signal: AbortSignal.timeout(20) })
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('osKeychain where it cannot work', () => {
  it('rejects every call inside Electron and names the provider to use there', async () => {
    const provider = createOsKeychain({}, { ...hostProcess(), isElectron: true })
    for (const call of [provider.load('vault'), provider.store('vault', key), provider.delete('vault')]) {
      await expect(call).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
        message: expect.stringContaining('safeStorageKey'),
      })
    }
  })

  it('is unavailable, with the cure, when the native module is not installed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'no-module-'))
    try {
      await cp(fileURLToPath(new URL('../src', import.meta.url)), join(folder, 'src'), { recursive: true })
      await mkdir(join(folder, 'node_modules', '@accountry'), { recursive: true })
      const accounts = fileURLToPath(new URL('../../accounts', import.meta.url))
      await symlink(accounts, join(folder, 'node_modules', '@accountry', 'accounts'))
      const program = `import { osKeychain } from './src/index.ts'
        const provider = osKeychain()
        const error = await provider.store('vault', new Uint8Array(32)).catch(({ code }) => code)
        console.log(JSON.stringify([await provider.load('vault'), error]))`
      await writeFile(join(folder, 'program.ts'), program)
      // Set by package managers' launchers, it would lead to the module after all.
      const { NODE_PATH, ...env } = process.env
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'program.ts')], { env })
      expect(JSON.parse(stdout)).toEqual([
        { kind: 'unavailable', why: expect.stringMatching(/install @napi-rs\/keyring/) },
        'ERR_VAULT_UNAVAILABLE',
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses wrong options with an error that names the option and shows no value', () => {
    const wrong: [unknown, RegExp][] = [
      [null, /options must be an object, received null/],
      [{ deadlineMs: '3000' }, /deadlineMs must be a number, received string/],
      [{ deadlineMs: 0 }, /deadlineMs must be between/],
      [{ deadlineMs: Number.NaN }, /deadlineMs must be between/],
      [{ promptDeadlineMs: Number.POSITIVE_INFINITY }, /promptDeadlineMs must be between/],
      [{ helper: '' }, /helper must be a non-empty string/],
      [{ binding: 'x' }, /binding must be an object, received string/],
      [{ binding: {} }, /binding must be the module @napi-rs\/keyring/],
    ]
    for (const [options, message] of wrong) expect(() => osKeychain(options as OsKeychainOptions)).toThrow(message)
    expect(() => osKeychain({ deadlineMs: '3' as never })).toThrow(TypeError)
    expect(() => osKeychain({ deadlineMs: -1 })).toThrow(RangeError)
  })
})

describeWithSecretService('osKeychain on macOS, where nothing tells beforehand whether a read will prompt', () => {
  it('reads in a process that can be killed', async () => {
    const service = await startSecretService()
    try {
      // The platform is pretended; the helper and the keychain that it reads are real.
      await inOtherProcess(service.env, [{ do: 'store', name: 'vault', key: Buffer.from(key).toString('hex') }])
      const provider = createOsKeychain(
        { deadlineMs: 20_000 },
        { ...mac, environment: service.env, node: process.execPath },
      )
      expect(await provider.load('vault')).toEqual({ kind: 'found', key })
      expect(await provider.load('other')).toMatchObject({ kind: 'absent' })
    } finally {
      await service.close()
    }
  })
})
