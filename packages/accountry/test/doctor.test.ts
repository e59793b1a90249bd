import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { missingSecretServiceTools, startScriptedServer, startSecretService } from '@accountry/testing'
import {
  AccountError,
  type AccountryOptions,
  type Authenticator,
  openAccountry,
  type SyncAdapter,
  systemClock,
} from 'accountry'
import { fileKey } from 'accountry/keychain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runScript, type ScriptResult } from './support/run-script.ts'
import { vaultFolder } from './support/vault-folder.ts'

const bin = new URL('../src/bin.ts', import.meta.url)
const ladder = new URL('support/open-with-ladder.ts', import.meta.url)
const defaults = new URL('support/open-with-defaults.ts', import.meta.url)
const failingApp = fileURLToPath(new URL('support/failing-app.ts', import.meta.url))
const NO_DESKTOP = { DBUS_SESSION_BUS_ADDRESS: undefined, DISPLAY: undefined, WAYLAND_DISPLAY: undefined }
const HOUR_MS = 3_600_000

let folder: Awaited<ReturnType<typeof vaultFolder>>

beforeEach(async () => {
  folder = await vaultFolder()
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

function doctor(env: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<ScriptResult> {
  const here = { ...NO_DESKTOP, XDG_DATA_HOME: folder.path, XDG_RUNTIME_DIR: folder.path }
  return runScript(bin, { args: ['doctor', ...args], env: { ...here, ...env } })
}

async function openApp(options: Partial<AccountryOptions> = {}) {
  const directory = join(folder.path, 'accountry', 'agenda')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return await openAccountry({
    app: { id: 'com.example.agenda' },
    directory,
    keyProvider: fileKey({ path: join(folder.path, 'key') }),
    authenticators: [authenticator],
    ...options,
  })
}

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: async () => ({ name: 'ana@example.com', password: 'refresh' }),
  getAuthToken: async () => {
    throw new AccountError('ERR_INTERACTION_REQUIRED', 'revoked', { reason: 'revoked_or_reused' })
  },
}

describe('accountry doctor', () => {
  test.skipIf(missingSecretServiceTools().length > 0)('finds a keychain that is there, locked, gone', async () => {
    await using keychain = await startSecretService()
    const env = { ...keychain.env, XDG_DATA_HOME: folder.path }
    await runScript(defaults, { env })

    const healthy = await doctor(env)
    expect(healthy).toMatchObject({ code: 0, errors: '' })
    expect(healthy.output).toContain('✓ Key guarded by os-keychain (os-user)')

    await keychain.lock()
    const locked = await doctor(env)
    expect(locked.code).toBe(1)
    expect(locked.output).toMatch(/✗ The key guarded by os-keychain cannot be read: .*locked/)
    expect(locked.output).toContain('Unlock the keychain')
    expect(locked.output).toContain('✗ The vault is locked')

    const gone = await doctor()
    expect(gone.code).toBe(1)
    expect(gone.output).toMatch(/✗ The key guarded by os-keychain cannot be read: .*D-Bus/)
    expect(gone.output).toContain('Start the keychain service')
  })

  test.skipIf(missingSecretServiceTools().length > 0)(
    'tells who has no vault yet whether a keychain is there',
    async () => {
      await using keychain = await startSecretService()
      const withKeychain = await doctor({ ...keychain.env, XDG_DATA_HOME: folder.path })
      expect(withKeychain).toMatchObject({ code: 0, output: expect.stringContaining('! There is no vault yet') })
      expect(withKeychain.output).toContain('✓ The OS keychain can keep a key')
      const without = await doctor()
      expect(without).toMatchObject({
        code: 0,
        output: expect.stringContaining('! The OS keychain can keep no key now'),
      })
    },
  )

  test('warns of a key in plain sight, also when a ladder ended there, and does not fail for it', async () => {
    const env = { ...NO_DESKTOP, XDG_DATA_HOME: folder.path, XDG_RUNTIME_DIR: folder.path }
    const app = await runScript(ladder, { args: [folder.path], env })
    expect(app.output).toMatch(/^file:/)
    const result = await doctor()
    expect(result).toMatchObject({ code: 0, errors: '' })
    expect(result.output).toMatch(/! file:.* keeps the key in plain sight: whoever can read your files/)
    expect(JSON.parse((await doctor({}, '--json')).output)).toMatchObject({ ok: true })
  })

  test('finds a clock that is wrong, by the time of the services and by the accounts', async () => {
    await using server = await startScriptedServer()
    server.always = () => ({ headers: { date: new Date(Date.now() - HOUR_MS).toUTCString() } })
    {
      await using app = await openApp({
        authenticators: [
          { ...authenticator, addAccount: async () => ({ name: 'ana', issuer: server.origin, subject: 'ana' }) },
        ],
      })
      await app.accounts.addAccount('com.example')
    }
    const byService = await doctor()
    expect(byService.code).toBe(1)
    expect(byService.output).toMatch(/✗ The clock is 3[56]\d\d s ahead of 127\.0\.0\.1:\d+\n +Set the clock/)
    expect(server.requests.every(({ method, body }) => method === 'HEAD' && body === '')).toBe(true)
    {
      const clock = { ...systemClock, now: () => Date.now() + HOUR_MS }
      await using app = await openApp({ clock })
      await app.accounts.addAccountExplicitly({ type: 'com.example', name: 'later' })
    }
    expect((await doctor({}, '--offline')).output).toContain('✗ later was added in the future, by this clock')
  })

  test('finds what a dead program held, and what a living one holds for too long', async () => {
    const start = (how: string): ChildProcess =>
      spawn(process.execPath, [failingApp, folder.path, how], { stdio: ['ignore', 'pipe', 'inherit'] })
    await (await openApp()).close()
    await once(start('die'), 'exit')
    const afterDeath = await doctor({}, '--offline')
    expect(afterDeath.code, afterDeath.output).toBe(0)
    expect(afterDeath.output).toContain('! A program died while it was busy with a token of ana@example.com')
    expect(afterDeath.output).toContain('Nothing to do: the next program that needs a token takes over')

    const hanging = start('hang')
    await once(hanging.stdout ?? hanging, 'data')
    const during = await doctor({}, '--offline')
    hanging.kill('SIGKILL')
    await once(hanging, 'exit')
    expect(during.code, during.output).toBe(0)
    expect(during.output).toContain('! A running program is busy with a token of ana@example.com for more than 3 s')
  })

  test('finds accounts that are stuck and synchronisation that is parked', async () => {
    const adapter: SyncAdapter = {
      accountType: 'com.example',
      authority: 'tasks',
      isAlwaysSyncable: true,
      onPerformSync: async ({ getAuthToken }) => void (await getAuthToken('tasks')),
    }
    {
      await using app = await openApp({ adapters: [adapter] })
      const account = await app.accounts.addAccount('com.example')
      const { outcome } = await app.sync.requestSync({ account, authority: 'tasks', manual: true }).done
      expect(outcome).toBe('parked')
    }
    const result = await doctor({}, '--offline')
    expect(result.code).toBe(1)
    expect(result.output).toContain('✗ ana@example.com is needs-reauth (revoked_or_reused)')
    expect(result.output).toContain('Sign in again: accountry reauth "ana@example.com"')
    expect(result.output).toContain('✗ tasks of ana@example.com waits until the account can be used again')
  })

  test('finds a vault that a newer version has changed', async () => {
    await (await openApp()).close()
    const database = new DatabaseSync(join(folder.path, 'accountry', 'agenda', 'vault.db'))
    database.exec("UPDATE header SET value = '999' WHERE name = 'format'")
    database.close()
    const result = await doctor({}, '--offline')
    expect(result.code).toBe(1)
    expect(result.output).toMatch(/✗ .*newer version/)
    expect(result.output).toContain('Update this program')
    expect((await runScript(bin, { args: ['list'], env: { XDG_DATA_HOME: folder.path } })).code).toBe(6)
  })

  test('finds a key that is gone, and says where it was kept', async () => {
    await (await openApp()).close()
    await rm(join(folder.path, 'key'))
    const result = await doctor({}, '--offline')
    expect(result.code).toBe(1)
    expect(result.output).toContain(`✗ The key guarded by file:${join(folder.path, 'key')} cannot be read`)
  })
})
