import { startAuthorizationServer } from '@accountry/testing'
import { describe, expect, test } from 'vitest'
import { NoVaultError, UsageError } from '../src/command/exit-codes.ts'
import { chooseVault } from '../src/command/own-accounts.ts'
import { makeAppVault } from './support/app-vault.ts'
import { runScript, type ScriptResult } from './support/run-script.ts'
import { vaultFolder } from './support/vault-folder.ts'

describe('chooseVault', () => {
  test('takes the one that is named, or the only one', () => {
    expect(chooseVault('work', ['home', 'work'])).toBe('work')
    expect(chooseVault(undefined, ['home'])).toBe('home')
  })

  test.each([
    ['nope', [], 'There is no vault "nope". There is: none at all yet'],
    [undefined, ['home', 'work'], 'home, work'],
    ['nope', ['home'], 'There is no vault "nope". There is: home'],
    ['../home', ['home'], 'There is no vault "../home"'],
  ])('says what is missing when %j is wanted of %j', (wanted, existing, message) => {
    expect(() => chooseVault(wanted, existing)).toThrow(UsageError)
    expect(() => chooseVault(wanted, existing)).toThrow(message)
  })
})

test('chooseVault tells a person without any vault from one who named a wrong one', () => {
  expect(() => chooseVault(undefined, [])).toThrow(NoVaultError)
})

const bin = new URL('../src/bin.ts', import.meta.url)

describe('the accountry command', () => {
  test('serves the accounts of an app whose authenticator is data, with the key that the vault names', async () => {
    await using folder = await vaultFolder()
    await using server = await startAuthorizationServer()
    const accountry = (...args: string[]): Promise<ScriptResult> =>
      runScript(bin, { args, env: { XDG_DATA_HOME: folder.path, XDG_RUNTIME_DIR: folder.path } })
    await makeAppVault(folder.path, server)
    expect(await accountry('list', '--vault', 'agenda')).toMatchObject({
      code: 0,
      output: /ana@example.com +com.example/,
    })
    const token = await accountry('token', 'ana', 'tasks')
    expect(token).toMatchObject({ code: 0, output: expect.stringMatching(/^eyJ\S+\n$/), errors: '' })
    const hopeless = await accountry('token', 'no credential', 'tasks')
    expect(hopeless).toMatchObject({
      code: 3,
      output: '',
      errors: expect.stringContaining('Sign in again: accountry reauth'),
    })
    expect((await accountry('remove', 'ana', '--yes')).output).toBe('Removed ana@example.com.\n')
    expect((await accountry('doctor', '--offline')).output).toContain('keeps the key in plain sight')
  })

  test.each([
    [['list', '--json'], 0, '[]\n'],
    [['list'], 0, 'No accounts yet.\n'],
    [['default'], 0, 'No default account.\n'],
    [['sync', 'status'], 0, 'Nothing is synchronised.\n'],
    [['sync', 'explain'], 0, 'Nothing is synchronised.\n'],
    [['sync', 'history'], 0, 'Nothing has run yet.\n'],
    [['token', 'ana', 'tasks'], 4, ''],
    [['remove', 'ana', '--yes'], 4, ''],
    [['add'], 4, ''],
    [['sync', 'now'], 4, ''],
    [['list', '--vault', 'nope'], 2, ''],
  ])('takes a machine without any vault as one with nothing to work on: %j', async (args, code, output) => {
    await using folder = await vaultFolder()
    const result = await runScript(bin, { args, env: { XDG_DATA_HOME: folder.path } })
    expect(result).toMatchObject({ code, output })
    if (code === 4) expect(result.errors).toContain('There is no vault yet')
  })
})
