import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AccountError, AccountManager, type Authenticator } from '@accountry/accounts'
import { startSecretService, type TestSecretService } from '@accountry/testing'
import { describeWithSecretService } from '@accountry/testing/suites'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { importFromKeytar, type Keytar, type KeytarImportOptions, volatileKey } from '../src/index.ts'
import { buildKeytar, describeWithKeytar } from './support/built-keytar.ts'

const SERVICE = 'com.example.old'
const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: async () => ({ name: 'unused' }),
  getAuthToken: async () => ({ value: 'unused' }),
}
/** Entries of the old app are named by mail address and hold a refresh token. */
const map: KeytarImportOptions['map'] = ({ account }) =>
  account.includes('@') ? { type: 'com.example', name: account } : undefined

/** keytar's contract in memory; its entries are in `entries`, by service and account. */
class MemoryKeytar implements Keytar {
  readonly entries = new Map<string, string>()
  failure: Error | undefined

  constructor(secrets: Record<string, string> = {}) {
    for (const [account, secret] of Object.entries(secrets)) this.entries.set(`${SERVICE}\n${account}`, secret)
  }

  async getPassword(service: string, account: string): Promise<string | null> {
    return this.entries.get(`${service}\n${account}`) ?? null
  }

  async setPassword(service: string, account: string, password: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.entries.set(`${service}\n${account}`, password)
  }

  async deletePassword(): Promise<boolean> {
    throw new Error('nothing may be deleted')
  }

  async findCredentials(service: string) {
    const own = [...this.entries].filter(([key]) => key.startsWith(`${service}\n`))
    return own.map(([key, password]) => ({ account: key.slice(service.length + 1), password }))
  }
}

describeWithSecretService('importFromKeytar', () => {
  let service: TestSecretService
  let folder = ''
  let accounts: AccountManager

  beforeAll(async () => {
    service = await startSecretService()
    process.env['DBUS_SESSION_BUS_ADDRESS'] = service.env['DBUS_SESSION_BUS_ADDRESS']
  })

  afterAll(async () => {
    await service.close()
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-'))
    const app = { id: 'com.example.new' }
    accounts = await AccountManager.open({
      app,
      directory: folder,
      keyProvider: volatileKey(),
      authenticators: [authenticator],
    })
  })

  afterEach(async () => {
    await accounts.close()
    await rm(folder, { recursive: true, force: true })
  })

  const passwordOf = async (name: string) => {
    const account = await accounts.findAccount('com.example', name)
    return account === undefined ? undefined : await accounts.getPassword(account)
  }

  it('copies each entry into an account, marks it, and changes nothing of what keytar holds', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a', 'bo@example.com': 'token-b', settings: '{}' })
    const before = new Map(keytar.entries)
    const result = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    expect(result.imported.map(({ name }) => name)).toEqual(['ana@example.com', 'bo@example.com'])
    expect(result).toMatchObject({ kept: [], earlier: [], leftOut: ['settings'], failed: [] })
    expect(await passwordOf('ana@example.com')).toBe('token-a')
    expect(await passwordOf('bo@example.com')).toBe('token-b')
    for (const [entry, secret] of before) expect(keytar.entries.get(entry)).toBe(secret)
    expect((await keytar.findCredentials(SERVICE)).map(({ account }) => account)).toHaveLength(3)
    expect(keytar.entries.get(`${SERVICE}:imported-by-accountry\nana@example.com`)).toBe(result.imported[0]?.id)
  })

  it('passes over what an earlier run imported: a rotated token stays, and a removed account does not come back', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a', 'bo@example.com': 'token-b' })
    const { imported } = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    await accounts.setPassword(imported[0]!, 'rotated')
    await accounts.removeAccountExplicitly(imported[1]!)
    const second = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    expect(second).toEqual({
      imported: [],
      kept: [],
      earlier: ['ana@example.com', 'bo@example.com'],
      leftOut: [],
      failed: [],
    })
    expect(await passwordOf('ana@example.com')).toBe('rotated')
    expect(await passwordOf('bo@example.com')).toBeUndefined()
  })

  it('imports once more when it is told to, and still replaces no credential', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a', 'bo@example.com': 'token-b' })
    const { imported } = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    await accounts.setPassword(imported[0]!, 'rotated')
    await accounts.removeAccountExplicitly(imported[1]!)
    const again = await importFromKeytar({ accounts, keytar, service: SERVICE, map, again: true })
    expect(again.kept.map(({ name }) => name)).toEqual(['ana@example.com'])
    expect(again.imported.map(({ name }) => name)).toEqual(['bo@example.com'])
    expect(await passwordOf('ana@example.com')).toBe('rotated')
  })

  it('keeps the credential of an account that is there already', async () => {
    await accounts.addAccountExplicitly({ type: 'com.example', name: 'ana@example.com' }, { password: 'newer' })
    const keytar = new MemoryKeytar({ 'ana@example.com': 'older' })
    const result = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    expect(result.kept.map(({ name }) => name)).toEqual(['ana@example.com'])
    expect(await passwordOf('ana@example.com')).toBe('newer')
  })

  it('goes on where it was interrupted between the copy and the mark', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a' })
    keytar.failure = new Error('the keychain said no to token-a')
    const error = await importFromKeytar({ accounts, keytar, service: SERVICE, map }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain('token-a')
    keytar.failure = undefined
    const result = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    expect(result.imported.map(({ name }) => name)).toEqual(['ana@example.com'])
    expect(await accounts.getAccounts()).toHaveLength(1)
  })

  it('takes the password, tokens and user data that the app makes of an entry', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': '{"refresh":"token-a","plan":"pro"}' })
    const parse: KeytarImportOptions['map'] = async ({ account, password }) => {
      const { refresh, plan } = JSON.parse(password) as { refresh: string; plan: string }
      return {
        type: 'com.example',
        name: account,
        password: refresh,
        userData: { plan },
        tokens: { api: { value: 'at' } },
      }
    }
    const { imported } = await importFromKeytar({ accounts, keytar, service: SERVICE, map: parse })
    expect(await accounts.getPassword(imported[0]!)).toBe('token-a')
    expect(await accounts.getUserData(imported[0]!, 'plan')).toBe('pro')
    expect((await accounts.peekAuthToken(imported[0]!, 'api'))?.value).toBe('at')
  })

  it('names the entries that are no accounts, and imports the others', async () => {
    const keytar = new MemoryKeytar({
      [`${'a'.repeat(600)}@x`]: 't1',
      'con\ntrol@x': 't2',
      'ana@example.com': 'token-a',
    })
    const result = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    expect(result.imported.map(({ name }) => name)).toEqual(['ana@example.com'])
    expect(result.failed.map(({ error }) => (error as AccountError).code ?? error.name)).toEqual([
      'ERR_LIMIT_EXCEEDED',
      'TypeError',
    ])
  })

  it('stops at the first sign that nothing can be stored, and when the caller gives up', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a', 'bo@example.com': 'token-b' })
    const signal = AbortSignal.abort()
    await expect(importFromKeytar({ accounts, keytar, service: SERVICE, map, signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    accounts.lock()
    await expect(importFromKeytar({ accounts, keytar, service: SERVICE, map })).rejects.toMatchObject({
      code: 'ERR_VAULT_LOCKED',
    })
  })

  it('takes undefined for null, as forks of keytar answer, and copies', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a' })
    const read = keytar.getPassword.bind(keytar)
    keytar.getPassword = async (entryService, account) => (await read(entryService, account)) ?? (undefined as never)
    const first = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
    expect(first.imported.map(({ name }) => name)).toEqual(['ana@example.com'])
    expect((await importFromKeytar({ accounts, keytar, service: SERVICE, map })).earlier).toEqual(['ana@example.com'])
  })

  it.each([
    ['nothing', undefined],
    ['no entry', [null]],
    ['an entry without a password', [{ account: 'ana@example.com' }]],
  ])('refuses a module that lists %s, and imports nothing', async (_name, listed) => {
    const keytar = new MemoryKeytar()
    keytar.findCredentials = async () => listed as never
    await expect(importFromKeytar({ accounts, keytar, service: SERVICE, map })).rejects.toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      message: expect.stringContaining(SERVICE),
    })
    expect(await accounts.getAccounts()).toEqual([])
  })

  it('stops waiting for a module that does not answer when the caller gives up', async () => {
    const keytar = new MemoryKeytar()
    keytar.findCredentials = () => new Promise(() => {})
    const controller = new AbortController()
    const running = importFromKeytar({ accounts, keytar, service: SERVICE, map, signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  it('names an entry for which map returns what is no account', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a' })
    const { failed } = await importFromKeytar({ accounts, keytar, service: SERVICE, map: () => null as never })
    expect(failed).toEqual([
      { entry: 'ana@example.com', error: expect.objectContaining({ message: expect.stringContaining('map') }) },
    ])
  })

  it('does not touch keytar while the keychain is locked or gone', async () => {
    const keytar = new MemoryKeytar({ 'ana@example.com': 'token-a' })
    keytar.findCredentials = () => Promise.reject(new Error('keytar would have crashed'))
    await service.lock()
    await expect(importFromKeytar({ accounts, keytar, service: SERVICE, map })).rejects.toMatchObject({
      code: 'ERR_VAULT_LOCKED',
      message: expect.stringContaining('read what keytar keeps'),
    })
    await service.unlock()
    await service.stopService()
    await expect(importFromKeytar({ accounts, keytar, service: SERVICE, map })).rejects.toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      message: expect.stringContaining('read what keytar keeps'),
    })
    await service.startService()
  })

  it('refuses wrong options with a TypeError that names the option', async () => {
    const good = { accounts, keytar: new MemoryKeytar(), service: SERVICE, map }
    for (const name of ['accounts', 'keytar', 'service', 'map'] as const) {
      await expect(importFromKeytar({ ...good, [name]: undefined } as never)).rejects.toThrow(
        new RegExp(`^${name} must`),
      )
    }
    await expect(importFromKeytar(undefined as never)).rejects.toThrow(/^options must/)
  })

  describeWithKeytar('importFromKeytar with a real keytar', () => {
    it('copies what it stored in the Secret Service, and survives a locked one', async () => {
      const { keytar, remove } = await buildKeytar()
      try {
        await keytar.setPassword(SERVICE, 'ana@example.com', 'token-a')
        await service.lock()
        await expect(importFromKeytar({ accounts, keytar, service: SERVICE, map })).rejects.toMatchObject({
          code: 'ERR_VAULT_LOCKED',
        })
        await service.unlock()
        const first = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
        const second = await importFromKeytar({ accounts, keytar, service: SERVICE, map })
        expect(first.imported.map(({ name }) => name)).toEqual(['ana@example.com'])
        expect(second.earlier).toEqual(['ana@example.com'])
        expect(await keytar.getPassword(SERVICE, 'ana@example.com')).toBe('token-a')
      } finally {
        await remove()
      }
    }, 120_000)
  })
})
