import { createFakeKeyProvider } from '@accountry/testing'
import {
  type Account,
  AccountError,
  type Accountry,
  type Authenticator,
  openAccountry,
  type SyncAdapter,
} from 'accountry'
import { createAccountsCommand, EXIT_CODES } from 'accountry/command'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandResult, runCommand } from './support/captured-command.ts'
import { vaultFolder } from './support/vault-folder.ts'

const keyProvider = createFakeKeyProvider()
let folder: Awaited<ReturnType<typeof vaultFolder>>
let nextName: string
let issued: number
let failure: AccountError | undefined
let syncs: string[]

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example', tokenTypes: { api: {}, other: {} } },
  addAccount: async ({ name }) => ({ name: name ?? nextName, password: 'canary-password', claims: {} }),
  updateCredentials: async ({ account }) => ({ name: account.name, password: 'canary-password-2' }),
  getAuthToken: async () => {
    if (failure !== undefined) throw failure
    issued += 1
    return { value: `canary-token-${issued}`, expiresAt: Date.now() + 3_600_000, scopes: ['a'] }
  },
}

const adapter: SyncAdapter = {
  accountType: 'com.example',
  authority: 'tasks',
  isAlwaysSyncable: true,
  defaults: { syncAutomatically: true, periodMs: 3_600_000 },
  onPerformSync: ({ account, progress }) => {
    syncs.push(account.name)
    progress({ done: 1, total: 2, text: 'half-way' })
  },
}

const adapters = [adapter]

function open(): Promise<Accountry> {
  const app = { id: 'com.example.agenda' }
  return openAccountry({ app, directory: folder.path, keyProvider, authenticators: [authenticator] })
}

function openWithSync(): Promise<Accountry> {
  const app = { id: 'com.example.agenda' }
  return openAccountry({ app, directory: folder.path, keyProvider, authenticators: [authenticator], adapters })
}

function agenda(...args: string[]): Promise<CommandResult> {
  return runCommand(open, ...args)
}

async function add(name: string): Promise<Account> {
  return JSON.parse((await agenda('add', '--name', name, '--json')).output) as Account
}

beforeEach(async () => {
  folder = await vaultFolder()
  nextName = 'ana@example.com'
  issued = 0
  failure = undefined
  syncs = []
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

describe('list, add, rename, default, remove', () => {
  test('take an account from nothing to nothing', async () => {
    expect(await agenda('list')).toEqual({ code: 0, output: 'No accounts yet.\n', errors: 'Add one: agenda add\n' })
    expect(await agenda('add')).toMatchObject({ code: 0, output: 'Added ana@example.com (com.example).\n', errors: '' })
    expect((await agenda('list')).output).toMatch(
      /^NAME +TYPE +STATE +LAST SIGN-IN\nana@example.com +com.example +ok +\d{4}-/,
    )
    expect((await agenda('rename', 'ana', 'Ana')).output).toBe('ana@example.com is now Ana.\n')
    expect((await agenda('default', 'Ana')).output).toBe('Ana is the default account of com.example.\n')
    expect((await agenda('default')).output).toBe('TYPE         DEFAULT\ncom.example  Ana\n')
    expect((await agenda('list')).output).toContain('Ana *')
    expect((await agenda('default', '--unset', 'com.example')).code).toBe(0)
    expect((await agenda('default')).output).toBe('No default account.\n')
    expect((await agenda('remove', 'Ana', '--yes')).output).toBe('Removed Ana.\n')
    expect((await agenda('list', '--json')).output).toBe('[]\n')
  })

  test('print JSON for programs, and secrets never', async () => {
    const account = await add('ben@example.com')
    const listed = await agenda('list', '--json')
    expect(JSON.parse(listed.output)).toEqual([
      {
        id: account.id,
        type: 'com.example',
        name: 'ben@example.com',
        state: 'ok',
        isDefault: false,
        lastAuthenticatedAt: expect.any(Number),
      },
    ])
    expect(listed.output + listed.errors).not.toContain('canary')
    expect(JSON.parse((await agenda('list', '--json', '--type', 'other')).output)).toEqual([])
  })

  test('ask before removing, or want to be told where nobody can be asked', async () => {
    await add('ana@example.com')
    expect(await agenda('remove', 'ana')).toMatchObject({ code: EXIT_CODES.usage, output: '' })
    expect(JSON.parse((await agenda('list', '--json')).output)).toHaveLength(1)
  })

  test('say which account is not there, or is not clear', async () => {
    await add('ana@example.com')
    await add('anastasia@example.com')
    expect(await agenda('rename', 'nobody', 'x')).toMatchObject({ code: EXIT_CODES.notFound, output: '' })
    const unclear = await agenda('remove', 'ana', '--yes')
    expect(unclear.code).toBe(EXIT_CODES.usage)
    expect(unclear.errors).toContain('com.example/ana@example.com, com.example/anastasia@example.com')
    const json = await agenda('rename', 'nobody', 'x', '--json')
    expect(JSON.parse(json.errors)).toMatchObject({ error: { code: 'ERR_ACCOUNT_NOT_FOUND' } })
  })

  test('refuse a name that is none as a mistake of the command line', async () => {
    await add('ana@example.com')
    expect(await agenda('rename', 'ana', ' ')).toMatchObject({ code: EXIT_CODES.usage })
    expect(await agenda('rename', 'ana')).toMatchObject({ code: EXIT_CODES.usage })
    expect(await agenda('nonsense')).toMatchObject({ code: EXIT_CODES.usage })
  })

  test('sign in again to an account', async () => {
    const account = await add('ana@example.com')
    expect(JSON.parse((await agenda('reauth', 'ana', '--json')).output)).toEqual(account)
  })
})

describe('token', () => {
  test('prints the token and nothing else', async () => {
    await add('ana@example.com')
    expect(await agenda('token', 'ana', 'api')).toEqual({ code: 0, output: 'canary-token-1\n', errors: '' })
    expect((await agenda('token', 'ana', 'api', '--force')).output).toBe('canary-token-2\n')
    expect(JSON.parse((await agenda('token', 'ana', 'api', '--json')).output)).toMatchObject({
      value: 'canary-token-2',
      scheme: 'Bearer',
      scopes: ['a'],
    })
  })

  test.each([
    [new AccountError('ERR_INTERACTION_REQUIRED', 'Only ana can go on'), EXIT_CODES.needsPerson, 'Sign in'],
    [new AccountError('ERR_NETWORK', 'Offline'), EXIT_CODES.tryAgain, 'network connection'],
    [new AccountError('ERR_DENIED', 'No'), EXIT_CODES.failed, ''],
  ])('says what is wrong: %s', async (error, code, advice) => {
    await add('ana@example.com')
    failure = error
    const result = await agenda('token', 'ana', 'api')
    expect(result).toMatchObject({ code, output: '' })
    expect(result.errors).toContain(`agenda: ${error.message}`)
    expect(result.errors).toContain(advice)
  })

  test('names the token types when there is no such one', async () => {
    await add('ana@example.com')
    const result = await agenda('token', 'ana', 'nonsense')
    expect(result.code).toBe(EXIT_CODES.usage)
    expect(result.errors).toMatch(/api.*other/)
    expect((await agenda('token', 'ana', 'api', '--min-validity', '-1')).code).toBe(EXIT_CODES.usage)
  })
})

describe('exec', () => {
  const script = 'process.exit(process.env.API === "canary-token-1" && process.env.HOME === process.argv[1] ? 7 : 1)'

  test('runs a program with the token in its environment and hands on its exit code', async () => {
    await add('ana@example.com')
    const child = [process.execPath, '-e', script, process.env['HOME'] ?? '']
    const result = await agenda('exec', '--env', 'API=api@ana@example.com', '--', ...child)
    expect(result).toEqual({ code: 7, output: '', errors: '' })
  })

  test('says what it needs', async () => {
    expect((await agenda('exec', '--', 'true')).errors).toContain('--env NAME=type@account')
    expect((await agenda('exec', '--env', 'nonsense', '--', 'true')).code).toBe(EXIT_CODES.usage)
    await add('ana@example.com')
    const missing = await agenda('exec', '--env', 'A=api@ana', '--', '/no/such/program')
    expect(missing).toMatchObject({ code: EXIT_CODES.failed })
    expect(missing.errors).toContain('/no/such/program could not be started: it was not found')
  })
})

describe('sync', () => {
  test('performs where the app has adapters, and shows what happened', async () => {
    await add('ana@example.com')
    expect((await runCommand(openWithSync, 'sync', 'now', 'ana', 'tasks')).output).toBe('Synchronised.\n')
    expect(syncs).toContain('ana@example.com')
    const status = await agenda('sync', 'status')
    expect(status.output).toMatch(/^ACCOUNT.*\nana@example.com +tasks +(idle|queued) +\d{4}-.* - +\d{4}-/)
    expect(JSON.parse((await agenda('sync', 'status', '--json')).output)).toMatchObject([
      { authority: 'tasks', status: { active: false, totals: { numFailures: 0 } } },
    ])
    expect((await agenda('sync', 'history')).output).toMatch(/ana@example.com +tasks +success/)
    expect((await agenda('sync', 'explain', 'ana', 'tasks')).output).toContain('tasks of ana@example.com')
  })

  test('queues where another program performs, and waits for it', async () => {
    await add('ana@example.com')
    await using app = await openWithSync()
    await app.sync.whenIdle()
    const before = syncs.length
    expect(await agenda('sync', 'now', 'ana', 'tasks')).toMatchObject({
      code: 0,
      output: 'Synchronised.\n',
      errors: expect.stringContaining('An app that is running performs it'),
    })
    expect(syncs.length).toBe(before + 1)
  })

  test('switches', async () => {
    await add('ana@example.com')
    await runCommand(openWithSync, 'sync', 'now')
    expect((await agenda('sync', 'disable', 'ana', 'tasks')).output).toContain('automatic synchronisation is off')
    expect((await agenda('sync', 'disable')).output).toBe('Automatic synchronisation is off.\n')
    await using app = await open()
    expect(await app.sync.getMasterSyncAutomatically()).toBe(false)
    const [account] = await app.accounts.getAccounts()
    expect(await app.sync.getSyncAutomatically({ account: account?.id ?? '', authority: 'tasks' })).toBe(false)
  })

  test('says that nothing can be queued', async () => {
    expect(await agenda('sync', 'now')).toMatchObject({ code: EXIT_CODES.failed, output: 'Not queued: no-account.\n' })
    expect((await agenda('sync', 'status')).output).toBe('Nothing is synchronised.\n')
  })
})

describe('doctor', () => {
  test('finds a healthy vault healthy', async () => {
    await add('ana@example.com')
    const result = await agenda('doctor', '--offline')
    expect(result.code).toBe(0)
    expect(result.output).toContain('✓ 1 account in')
    expect(result.output).toContain('✓ Every account is ready')
  })

  test('explains what is wrong, and fails', async () => {
    await add('ana@example.com')
    failure = new AccountError('ERR_INTERACTION_REQUIRED', 'Revoked', { reason: 'revoked_or_reused' })
    await agenda('token', 'ana', 'api')
    const result = await agenda('doctor', '--offline', '--json')
    expect(result.code).toBe(EXIT_CODES.failed)
    expect(JSON.parse(result.output)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ check: 'accounts', status: 'problem' })]),
    })
  })

  test('says why the vault does not open', async () => {
    const error = new AccountError('ERR_VAULT_UNAVAILABLE', 'There is no keychain here')
    const result = await runCommand(() => Promise.reject(error), 'doctor')
    expect(result).toMatchObject({ code: EXIT_CODES.failed, errors: '' })
    expect(result.output).toContain('✗ There is no keychain here\n    Start the desktop’s keychain')
  })
})

describe('the command itself', () => {
  test('shows help and version without opening anything', async () => {
    const never = (): Promise<never> => Promise.reject(new Error('opened'))
    expect(await runCommand(never, '--help')).toMatchObject({ code: 0, output: expect.stringContaining('Exit codes') })
    expect(await runCommand(never, '--version')).toMatchObject({ code: 0, output: '0.1.0\n' })
    expect((await runCommand(never, 'list')).code).toBe(EXIT_CODES.failed)
  })

  test('hands over the vault that was named', async () => {
    const vaults: (string | undefined)[] = []
    const spy = async (request: { vault: string | undefined }): Promise<Accountry> => {
      vaults.push(request.vault)
      return await open()
    }
    await runCommand(spy, 'list', '--vault', 'work')
    await runCommand(spy, '--vault', 'home', 'list')
    await runCommand(spy, 'list')
    expect(vaults).toEqual(['work', 'home', undefined])
  })

  test('refuses wrong options', () => {
    expect(() => createAccountsCommand({ name: 'x' } as never)).toThrow(TypeError)
    expect(() => createAccountsCommand({ open, name: '' })).toThrow(TypeError)
  })

  test('tells apart vaults that are locked', async () => {
    const error = new AccountError('ERR_VAULT_LOCKED', 'The vault is locked')
    const result = await runCommand(() => Promise.reject(error), 'list')
    expect(result).toMatchObject({ code: EXIT_CODES.vault, output: '' })
    expect(result.errors).toContain('Unlock the keychain')
  })
})
