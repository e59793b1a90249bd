import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createFakeKeyProvider, missingSecretServiceTools, startSecretService } from '@accountry/testing'
import { type Authenticator, alwaysConnected, nodeEnvironment, openAccountry, type SyncAdapter } from 'accountry'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runScript } from './support/run-script.ts'
import { vaultFolder } from './support/vault-folder.ts'

const app = { id: 'com.example.agenda' }
const defaults = new URL('support/open-with-defaults.ts', import.meta.url)
let folder: Awaited<ReturnType<typeof vaultFolder>>

beforeEach(async () => {
  folder = await vaultFolder()
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example', tokenTypes: { api: { origins: ['https://api.example.com'] } } },
  addAccount: async () => ({ name: 'ana', password: 'secret' }),
  getAuthToken: async () => ({ value: 'token-1', expiresAt: Date.now() + 3_600_000 }),
}

describe('openAccountry', () => {
  test('refuses to guard the key with anything else when there is no OS keychain, and names the choices', async () => {
    const env = { XDG_DATA_HOME: folder.path, XDG_RUNTIME_DIR: folder.path, DBUS_SESSION_BUS_ADDRESS: undefined }
    const result = await runScript(defaults, { env: { ...env, DISPLAY: undefined, WAYLAND_DISPLAY: undefined } })
    expect(result).toMatchObject({ code: 0, errors: '' })
    const error = JSON.parse(result.output)
    expect(error).toMatchObject({ name: 'AccountError', code: 'ERR_VAULT_UNAVAILABLE' })
    for (const choice of ['passphraseKey', 'environmentKey', 'fileKey']) expect(error.message).toContain(choice)
  })

  test.skipIf(missingSecretServiceTools().length > 0)('keeps the key in the OS keychain by default', async () => {
    await using keychain = await startSecretService()
    const env = { ...keychain.env, XDG_DATA_HOME: folder.path }
    const result = await runScript(defaults, { env })
    expect(result).toMatchObject({ code: 0, errors: '' })
    expect(JSON.parse(result.output)).toMatchObject({
      ok: true,
      providers: [{ id: 'os-keychain', usable: true }],
      directory: `${folder.path}/accountry/com.example.defaults`,
    })
  })

  test('asks nobody where stderr is no terminal', async () => {
    await using accountry = await openAccountry({ app, directory: folder.path, keyProvider: createFakeKeyProvider() })
    await expect(accountry.account('com.example', { interaction: 'allow' })).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_(AUTHENTICATOR_NOT_FOUND|INTERACTION_REQUIRED)/),
    })
  })

  test('resolves accounts and signs requests, through the fetch that it was given', async () => {
    const send = vi.fn<typeof fetch>(async () => new Response('ok'))
    await using accountry = await openAccountry({
      app,
      directory: folder.path,
      keyProvider: createFakeKeyProvider(),
      authenticators: [authenticator],
      fetch: send,
    })
    const account = await accountry.account('com.example', { interaction: 'allow' })
    expect(account.name).toBe('ana')
    const api = accountry.fetch(account, 'api')
    expect(await (await api('https://api.example.com/x')).text()).toBe('ok')
    expect(new Headers(send.mock.lastCall?.[1]?.headers).get('authorization')).toBe('Bearer token-1')
    expect((await api.getAuthHeaders('https://api.example.com/')).headers).toBeDefined()
  })

  test('synchronises from the start when it has adapters, and not otherwise', async () => {
    const keyProvider = createFakeKeyProvider()
    const onPerformSync = vi.fn()
    const adapter: SyncAdapter = {
      accountType: 'com.example',
      authority: 'tasks',
      isAlwaysSyncable: true,
      defaults: { syncAutomatically: true },
      onPerformSync,
    }
    const options = { app, directory: folder.path, keyProvider, authenticators: [authenticator] }
    {
      await using quiet = await openAccountry(options)
      await quiet.accounts.addAccount('com.example')
      expect(quiet.sync.getSyncAdapterTypes()).toEqual([])
    }
    await using busy = await openAccountry({ ...options, adapters: [adapter] })
    await vi.waitFor(() => expect(onPerformSync).toHaveBeenCalled())
    await busy.sync.whenIdle()
  })

  test('lets syncs wait for what the machine lacks, unless it is told what there is', async () => {
    const adapter = { accountType: 'com.example', authority: 'tasks', onPerformSync: () => undefined }
    const place = { app, directory: folder.path, keyProvider: createFakeKeyProvider() }
    const options = { ...place, authenticators: [authenticator], adapters: [adapter] }
    const machine = nodeEnvironment()
    await machine.refresh()
    for (const [environment, unknown] of [
      [undefined, machine.unknown],
      [alwaysConnected(), []],
    ] as const) {
      await using accountry = await openAccountry({ ...options, ...(environment && { environment }) })
      const { id } = await accountry.accounts.addAccountExplicitly(
        { type: 'com.example', name: `ana ${unknown.length}` },
        { ifExists: 'keep' },
      )
      await vi.waitFor(async () => {
        const { assumed } = await accountry.sync.explain({ account: id, authority: 'tasks' })
        expect(assumed).toEqual(unknown)
      })
    }
  })

  test('closes both halves, also twice', async () => {
    const accountry = await openAccountry({ app, directory: folder.path, keyProvider: createFakeKeyProvider() })
    await Promise.all([accountry.close(), accountry.close()])
    await expect(accountry.accounts.getAccounts()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(() => accountry.sync.requestSync({})).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })

  const adapter = { accountType: 'com.example', authority: 'tasks', onPerformSync: () => undefined }

  test.each([
    ['options', null],
    ['options', 'agenda'],
    ['options', []],
    ['app', { app: null }],
    ['app.id', { app: { id: 7 } }],
    ['app.id', { app: {} }],
    ['keyProvider', { keyProvider: null }],
    ['keyProvider', { keyProvider: 'os' }],
    ['interaction', { interaction: null }],
    ['interaction', { interaction: 'ask' }],
    ['background', { background: null }],
    ['background', { background: 'yes' }],
    ['environment', { environment: null }],
    ['environment.on', { environment: {} }],
    ['adapters', { adapters: null }],
    ['adapters', { adapters: {} }],
    ['adapters[0]', { adapters: [null] }],
    ['adapters[0].accountType', { adapters: [{}] }],
    ['adapters[0].authority', { adapters: [{ ...adapter, authority: '' }] }],
    ['adapters[0].onPerformSync', { adapters: [{ ...adapter, onPerformSync: 'run' }] }],
    ['adapters', { adapters: [adapter, adapter] }],
    ['authenticators', { authenticators: null }],
    ['authenticators[0]', { authenticators: [null] }],
    ['vault', { vault: null }],
    ['directory', { directory: null }],
    ['fetch', { fetch: null }],
    ['clock', { clock: null }],
    ['logger', { logger: null }],
    ['timeouts', { timeouts: null }],
    ['limits', { limits: null }],
    ['recover', { recover: null }],
  ])('refuses a wrong %s before it makes anything: %j', async (name, wrong) => {
    const directory = join(folder.path, 'vault')
    const right = { app, directory, keyProvider: createFakeKeyProvider(), authenticators: [authenticator] }
    const options =
      typeof wrong === 'object' && wrong !== null && !Array.isArray(wrong) ? { ...right, ...wrong } : wrong
    const error: unknown = await openAccountry(options as never).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message.split(' ')[0]).toBe(name)
    expect(existsSync(directory)).toBe(false)
  })

  test('refuses two authenticators of one type before it makes anything', async () => {
    const directory = join(folder.path, 'vault')
    const options = { app, directory, keyProvider: createFakeKeyProvider() }
    const opening = openAccountry({ ...options, authenticators: [authenticator, { ...authenticator }] })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_AUTHENTICATOR_EXISTS' })
    expect(existsSync(directory)).toBe(false)
  })

  test('names the declared token types when a fetch is for another one, and sends nothing', async () => {
    const send = vi.fn<typeof fetch>(async () => new Response('ok'))
    const options = { app, directory: folder.path, keyProvider: createFakeKeyProvider(), fetch: send }
    await using accountry = await openAccountry({ ...options, authenticators: [authenticator] })
    const account = await accountry.accounts.addAccount('com.example')
    const request = accountry.fetch(account, 'nonsense')('https://api.example.com/x')
    await expect(request).rejects.toThrow(TypeError)
    await expect(request).rejects.toThrow(/"?api"?/)
    expect(send).not.toHaveBeenCalled()
  })

  test('lets go of the vault when the engine does not open', async () => {
    const options = { app, directory: folder.path, keyProvider: createFakeKeyProvider() }
    await expect(openAccountry({ ...options, adapters: [{} as SyncAdapter] })).rejects.toThrow(TypeError)
    await using accountry = await openAccountry(options)
    expect(await accountry.accounts.getAccounts()).toEqual([])
  })
})
