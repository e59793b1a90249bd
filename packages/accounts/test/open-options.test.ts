import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AccountManager, type AccountManagerOptions } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const valid = { app: { id: 'com.example.app' }, keyProvider: fixedKey() }
const { getAuthToken: _none, ...withoutTokens } = createFakeAuthenticator()

describe('an app id that names the folder of the vault', () => {
  it.each(['../x', '..', 'a/b', ' ', 'CON', 'x\0y', 'x'.repeat(129)])('is a TypeError when it is %j', async (id) => {
    const failure = await failureOf(AccountManager.open({ app: { id }, keyProvider: fixedKey() }))
    expect(failure).toMatchObject({ name: 'TypeError' })
    expect(failure.message).toMatch(/^app\.id must be 1 to 128 letters/)
  })
})

describe('an option that is wrong', () => {
  it.each<[string, RegExp, unknown]>([
    ['no options', /^options must be an object, received undefined/, undefined],
    ['null', /^options must be an object, received null/, null],
    ['no app', /^app must be an object/, { keyProvider: fixedKey() }],
    ['no app id', /^app\.id must be a non-empty string, received undefined/, { ...valid, app: {} }],
    ['an empty app id', /^app\.id must be a non-empty string/, { ...valid, app: { id: '' } }],
    ['no key provider', /^keyProvider must be a KeyProvider, received undefined/, { app: valid.app }],
    ['a vault that is a path', /^vault must be/, { ...valid, vault: '../elsewhere' }],
    ['a vault with a slash', /^vault must be/, { ...valid, vault: 'a/b' }],
    ['a vault that is hidden', /^vault must be/, { ...valid, vault: '.a' }],
    ['an empty vault', /^vault must be/, { ...valid, vault: '' }],
    ['a vault that ends with a dot', /^vault must be/, { ...valid, vault: 'a.' }],
    ['a vault that is too long', /^vault must be/, { ...valid, vault: 'a'.repeat(129) }],
    ['a vault that is no text', /^vault must be/, { ...valid, vault: 7 }],
    ['an empty directory', /^directory must be/, { ...valid, directory: '' }],
    [
      'an unknown protection',
      /^minProtection must be one of 'os-user', 'passphrase', 'none'/,
      { ...valid, minProtection: 'best' },
    ],
    [
      'one authenticator',
      /^authenticators must be an array, received an object/,
      { ...valid, authenticators: createFakeAuthenticator() },
    ],
    ['an authenticator that is none', /^authenticator must/, { ...valid, authenticators: [{}] }],
    [
      'an authenticator without a method',
      /^authenticator must have the method getAuthToken/,
      { ...valid, authenticators: [withoutTokens] },
    ],
    [
      'an authenticator without a type',
      /^authenticator\.description\.type must be/,
      { ...valid, authenticators: [{ ...createFakeAuthenticator(), description: { label: 'x' } }] },
    ],
    ['fetch that is no function', /^fetch must be a function, received string/, { ...valid, fetch: 'fetch' }],
    ['an interaction that is none', /^interaction must be an object/, { ...valid, interaction: true }],
    [
      'a clock without timers',
      /^clock must have the method setTimer/,
      { ...valid, clock: { now: () => 0, monotonic: () => 0 } },
    ],
    [
      'a logger without a level',
      /^logger must have the method warn/,
      { ...valid, logger: { debug: () => 0, info: () => 0, error: () => 0 } },
    ],
    [
      'a time limit that is text',
      /^timeouts\.leaseMs must be a number, received string/,
      { ...valid, timeouts: { leaseMs: '1' } },
    ],
    ['time limits that are none', /^timeouts must be an object, received number/, { ...valid, timeouts: 5 }],
    ['time limits that are null', /^timeouts must be an object, received null/, { ...valid, timeouts: null }],
    [
      'a time limit that there is not',
      /^timeouts has an unknown key; it knows authenticatorMs, interactionMs, leaseMs, writeMs, sessionMs$/,
      { ...valid, timeouts: { authenticatorms: 1 } },
    ],
    ['limits that are none', /^limits must be an object, received number/, { ...valid, limits: 5 }],
    [
      'a limit that there is not',
      /^limits has an unknown key; it knows accounts$/,
      { ...valid, limits: { account: 1 } },
    ],
    ['a refresh that is none', /^refresh must be an object, received number/, { ...valid, refresh: 5 }],
    [
      'a refresh option that there is not',
      /^refresh has an unknown key; it knows concurrency$/,
      { ...valid, refresh: { concurency: 1 } },
    ],
    [
      'a concurrency that is text',
      /^refresh\.concurrency must be a number, received string/,
      { ...valid, refresh: { concurrency: 'x' } },
    ],
    [
      'a background that is text',
      /^background must be true or false, received string/,
      { ...valid, background: 'yes' },
    ],
    ['a recover that is text', /^recover must be true or false, received string/, { ...valid, recover: 'yes' }],
    [
      'a network that is text',
      /^allowNetworkFileSystem must be true or false/,
      { ...valid, allowNetworkFileSystem: 'yes' },
    ],
    ['a random that is a number', /^random must be a function, received number/, { ...valid, random: 5 }],
    ['a name that is a number', /^app\.name must be a non-empty string/, { ...valid, app: { id: 'x', name: 5 } }],
    ['a system that is text', /^app\.system must be true or false/, { ...valid, app: { id: 'x', system: 'yes' } }],
    [
      'an app id with a line break',
      /^app\.id must be 1 to 128|^app\.id has control/,
      { ...valid, app: { id: 'com.x\n' } },
    ],
    [
      'an interaction whose method is none',
      /^interaction\.chooseAccount must be a function, received number/,
      { ...valid, interaction: { chooseAccount: 5 } },
    ],
    ['a directory with a NUL', /^directory must be a path/, { ...valid, directory: 'a\0b' }],
    [
      'a capability that is text',
      /^authenticator\.description\.capabilities\.passwordIsToken must be true or false/,
      { ...valid, authenticators: [createFakeAuthenticator({ capabilities: { passwordIsToken: 'x' } as never })] },
    ],
    [
      'token types that are a list',
      /^authenticator\.description\.tokenTypes must be an object, received an array/,
      { ...valid, authenticators: [createFakeAuthenticator({ tokenTypes: [] as never })] },
    ],
    [
      'scopes that are text',
      /^authenticator\.description\.tokenTypes\.t\.scopes must be an array of strings/,
      { ...valid, authenticators: [createFakeAuthenticator({ tokenTypes: { t: { scopes: 'x' } } as never })] },
    ],
    [
      'a number of accounts that is text',
      /^limits\.accounts must be a number/,
      { ...valid, limits: { accounts: '1' } },
    ],
  ])('%s is a TypeError that names it, before anything is touched', async (_what, message, options) => {
    const directory = join(tempFolder(), 'vault')
    const given = typeof options === 'object' && options !== null ? { directory, ...options } : options
    const failure = await failureOf(AccountManager.open(given as never))
    expect(failure).toMatchObject({ name: 'TypeError', message: expect.stringMatching(message) })
    expect(existsSync(directory)).toBe(false)
  })

  it.each<[string, Partial<AccountManagerOptions>]>([
    ['a negative time limit', { timeouts: { writeMs: -1 } }],
    ['a time limit that is no number', { timeouts: { writeMs: Number.NaN } }],
    ['a time limit without an end', { timeouts: { sessionMs: Number.POSITIVE_INFINITY } }],
    ['a negative number of accounts', { limits: { accounts: -1 } }],
    ['half an account', { limits: { accounts: 1.5 } }],
    ['no renewal at once', { refresh: { concurrency: 0 } }],
  ])('%s is a RangeError', async (_what, options) => {
    expect(await failureOf(AccountManager.open({ ...valid, ...options }))).toMatchObject({ name: 'RangeError' })
  })

  it('never repeats the value', async () => {
    for (const options of [
      { ...valid, vault: 'canary/canary' },
      { ...valid, minProtection: 'canary' },
      { ...valid, directory: ['canary'] },
    ]) {
      expect((await failureOf(AccountManager.open(options as never))).message).not.toContain('canary')
    }
  })
})

describe('a time limit that is undefined', () => {
  it('is the default', async () => {
    const manager = await openManager({ timeouts: { sessionMs: undefined } as never, clock: createFakeClock() })
    const { expiresAt } = await manager.startAddAccountSession(TYPE)
    expect(expiresAt).toBe(createFakeClock().now() + 600_000)
  })
})
