import { join } from 'node:path'
import { createFakeKeyProvider } from '@accountry/testing'
import { AccountError, type Accountry, type Authenticator, openAccountry } from 'accountry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NoVaultError } from '../src/command/exit-codes.ts'
import { runCommand } from './support/captured-command.ts'
import { vaultFolder } from './support/vault-folder.ts'

const keyProvider = createFakeKeyProvider()
let folder: Awaited<ReturnType<typeof vaultFolder>>

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example', tokenTypes: { api: {} } },
  addAccount: async ({ name }) => ({ name: name ?? 'ana', password: 'canary' }),
  getAuthToken: async ({ account }) => {
    if (account.name === 'ben') throw new AccountError('ERR_NETWORK', 'offline\u009b2J')
    return { value: 'canary-token' }
  },
}

function open(): Promise<Accountry> {
  const app = { id: 'com.example.agenda' }
  return openAccountry({ app, directory: join(folder.path, 'vault'), keyProvider, authenticators: [authenticator] })
}

beforeAll(async () => {
  folder = await vaultFolder()
  await using app = await open()
  for (const name of ['ana', 'ben', 'bad\u0301']) {
    await app.accounts.addAccountExplicitly({ type: 'com.example', name }, { password: 'canary' })
  }
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

/** Exactly one document: what follows another is a mistake of JSON. */
function parsed(output: string): Record<string, unknown> {
  return JSON.parse(output) as Record<string, unknown>
}

test('a misspelt command is answered with the one that may be meant, on one line that hides nothing', async () => {
  expect((await runCommand(open, 'lst')).errors).toBe("error: unknown command 'lst' (Did you mean one of list, ls?)\n")
  expect((await runCommand(open, 'l\nst')).errors).toMatch(/^error: unknown command 'l\\u\{a\}st'.*\n$/)
  const { output } = await runCommand(open, 'list', '--jsn', '--json')
  expect(parsed(output)['error']).toMatchObject({ message: "unknown option '--jsn' (Did you mean --json?)" })
})

describe('with --json stdout is exactly one document', () => {
  test.each([
    [['list']],
    [['list', '--type', 'nothing']],
    [['default']],
    [['default', 'ana']],
    [['default', '--unset', 'com.example']],
    [['rename', 'ana', 'ana']],
    [['add', '--name', 'carl']],
    [['token', 'ana', 'api']],
    [['sync', 'status']],
    [['sync', 'explain', 'ana', 'tasks']],
    [['sync', 'history']],
    [['sync', 'enable']],
    [['doctor', '--offline']],
    [['completion', 'bash']],
    [['--help']],
    [['help', 'list']],
    [['sync', 'now', '--help']],
    [['--version']],
  ])('%j', async (args) => {
    for (const line of [
      ['--json', ...args],
      [...args, '--json'],
    ]) {
      const { code, output, errors } = await runCommand(open, ...line)
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(parsed(output)).not.toHaveProperty('error')
    }
  })

  test('["remove", "carl", "--yes"]', async () => {
    await runCommand(open, 'add', '--name', 'carl')
    const { code, output } = await runCommand(open, 'remove', 'carl', '--yes', '--json')
    expect([code, parsed(output)]).toEqual([
      0,
      { account: expect.objectContaining({ name: 'carl' }), result: 'removed' },
    ])
  })

  test.each([
    [['nonsense'], 2],
    [[], 2],
    [['sync'], 2],
    [['list', '--nonsense'], 2],
    [['token', 'ana'], 2],
    [['token', 'ana', 'nonsense'], 2],
    [['token', 'ana', 'api', '--min-validity', ''], 2],
    [['token', 'nobody', 'api'], 4],
    [['token', 'ben', 'api'], 5],
    [['remove', 'ana'], 2],
    [['rename', 'ana', ' '], 2],
    [['add', 'com.nothing'], 4],
    [['reauth', 'ana'], 1],
    [['sync', 'now', '--timeout', '-1'], 2],
    [['sync', 'now', '--timeout', 'soon'], 2],
    [['exec', '--', 'true'], 2],
    [['exec', '--env', 'nonsense', '--', 'true'], 2],
    [['exec', '--env', 'A=api@ben', '--', 'true'], 5],
    [['export'], 2],
    [['import', '/nonexistent', '--yes'], 2],
    [['completion', 'csh'], 2],
  ])('also when it fails: %j', async (args, expected) => {
    const { code, output, errors } = await runCommand(open, ...args, '--json').then((result) =>
      // What stands after -- belongs to the program.
      args.includes('--') ? runCommand(open, '--json', ...args) : result,
    )
    const document = parsed(output)
    expect(document).toEqual({ error: expect.objectContaining({ message: expect.any(String) }) })
    expect(parsed(errors)).toEqual(document)
    expect(errors.trimEnd()).not.toContain('\n')
    expect(output + errors).not.toMatch(/canary|\u009b/)
    expect(code).toBe(expected)
  })

  test.each([
    [new NoVaultError('agenda'), 4, 'NoVaultError'],
    [new AccountError('ERR_VAULT_LOCKED', 'locked'), 6, 'AccountError'],
    [new Error('a defect'), 1, 'Error'],
    [Object.assign(new Error('gone'), { name: 'AbortError' }), 130, 'AbortError'],
    [new DOMException('gone', 'AbortError'), 130, 'AbortError'],
  ])('also when the vault does not open: %s', async (error, code, name) => {
    const result = await runCommand(() => Promise.reject(error), 'remove', 'ana', '--yes', '--json')
    expect(result.code).toBe(code)
    expect(parsed(result.output)).toMatchObject({ error: { name } })
  })
})
