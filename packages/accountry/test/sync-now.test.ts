import { createFakeKeyProvider } from '@accountry/testing'
import { type Accountry, type Authenticator, openAccountry, type SyncAdapter } from 'accountry'
import { EXIT_CODES } from 'accountry/command'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandResult, runCommand } from './support/captured-command.ts'
import { vaultFolder } from './support/vault-folder.ts'

const keyProvider = createFakeKeyProvider()
let folder: Awaited<ReturnType<typeof vaultFolder>>

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: async ({ name }) => ({ name: name ?? 'ana', password: 'canary' }),
  getAuthToken: async () => ({ value: 'canary-token' }),
}

function open(...adapters: SyncAdapter[]): Promise<Accountry> {
  const app = { id: 'com.example.agenda' }
  return openAccountry({ app, directory: folder.path, keyProvider, authenticators: [authenticator], adapters })
}

function adapter(onPerformSync: SyncAdapter['onPerformSync']): SyncAdapter {
  return { accountType: 'com.example', authority: 'tasks', isAlwaysSyncable: true, onPerformSync }
}

function syncNow(...args: string[]): Promise<CommandResult> {
  return runCommand(() => open(), 'sync', 'now', 'ana', 'tasks', ...args)
}

beforeEach(async () => {
  folder = await vaultFolder()
  await using app = await open(adapter(() => undefined))
  await app.accounts.addAccount('com.example')
  await app.sync.whenIdle()
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

describe('sync now', () => {
  test('gives up after the time that it was given, leaves the request queued, and says so with its code', async () => {
    const result = await syncNow('--timeout', '1')
    expect(result).toMatchObject({
      code: EXIT_CODES.tryAgain,
      errors: expect.stringContaining('An app that is running'),
    })
    expect(result.output).toBe('Not done after 1 s. It stays queued; agenda sync explain says what it waits for.\n')
    const json = await syncNow('--timeout', '1', '--json')
    expect(json).toMatchObject({ code: EXIT_CODES.tryAgain, errors: '' })
    expect(JSON.parse(json.output)).toMatchObject({ outcome: 'queued', reason: 'timeout' })
    let runs = 0
    await using app = await open(
      adapter(() => {
        runs += 1
      }),
    )
    await app.sync.whenIdle()
    expect(runs).toBe(1)
  })

  test('says after some seconds why nothing begins', async () => {
    const { errors } = await syncNow('--timeout', '8')
    expect(errors).toContain('tasks of ana: queued\n')
    expect(errors).toContain('Nothing has begun yet. It stays queued until an app that synchronises it runs')
    expect(errors).toMatch(/ {2}tasks of ana: .*waits for one that has/)
  })

  test('tells the progress of an app in which it runs, and does not complain meanwhile', async () => {
    const { promise: hold, resolve: finish } = Promise.withResolvers<void>()
    await using app = await open(
      adapter(async ({ progress }) => {
        progress({ done: 1, total: 2, text: 'half-way' })
        await hold
      }),
    )
    await app.sync.whenIdle()
    const running = syncNow('--timeout', '0')
    // Long enough for the command to look a few times: it watches another process, whose clock is the real one.
    setTimeout(finish, 2_000)
    const { code, output, errors } = await running
    expect({ code, output }).toEqual({ code: 0, output: 'Synchronised.\n' })
    expect(errors).toMatch(/tasks of ana: running/)
    expect(errors).not.toContain('Nothing has begun yet')
  })

  test('does not wait when it need not', async () => {
    expect(await syncNow('--no-wait')).toMatchObject({ code: 0, output: 'Queued.\n', errors: '' })
  })
})
