import { execFileSync } from 'node:child_process'
import { describeKeyProvider } from '@accountry/testing/suites'
import { describe, expect, it } from 'vitest'
import { environmentKey } from '../src/index.ts'

const key = Uint8Array.from({ length: 32 }, (_, index) => 255 - index * 3)
const base64 = Buffer.from(key).toString('base64')
const provider = (value: string | undefined) =>
  environmentKey({ variable: 'VAULT_KEY', environment: { VAULT_KEY: value } })

describeKeyProvider(
  'environmentKey',
  () => {
    const environment: Record<string, string | undefined> = { VAULT_KEY: base64 }
    const arrange = async () => {
      environment['VAULT_KEY'] = 'not a key'
      return async () => {
        environment['VAULT_KEY'] = base64
      }
    }
    return { provider: environmentKey({ variable: 'VAULT_KEY', environment }), readOnlyKey: key, arrange }
  },
  { readOnly: true, outcomes: ['corrupt'] },
)

describe('environmentKey', () => {
  it('names its variable in its id and claims no protection', () => {
    expect(provider(base64)).toMatchObject({ id: 'environment:VAULT_KEY', protection: 'none' })
  })

  it('reads base64 and base64url, with and without padding, with spaces and line ends around it', async () => {
    const url = Buffer.from(key).toString('base64url')
    for (const text of [base64, base64.replace(/=+$/, ''), url, `${url}=`, ` ${base64}\n`, `${base64}\r\n`]) {
      expect(await provider(text).load('vault')).toEqual({ kind: 'found', key })
    }
  })

  it('calls every other form corrupt, without showing it', async () => {
    const lastDigit = base64.slice(0, 42)
    const short = Buffer.from(key.subarray(0, 31)).toString('base64')
    const long = Buffer.from([...key, 0]).toString('base64')
    const hex = Buffer.from(key).toString('hex')
    // The 43rd digit of 32 bytes has two unused bits; a decoder would silently drop them.
    for (const text of [
      short,
      long,
      hex,
      `${lastDigit}B=`,
      `${base64.slice(0, 20)} ${base64.slice(20)}`,
      'x',
      '====',
    ]) {
      const outcome = await provider(text).load('vault')
      expect(outcome).toEqual({
        kind: 'corrupt',
        why: 'the environment variable VAULT_KEY does not hold 32 bytes as base64',
      })
    }
  })

  it('is absent while the variable is unset or empty, and stores no key that nobody would keep', async () => {
    for (const text of [undefined, '', ' \n']) {
      expect(await provider(text).load('vault')).toMatchObject({ kind: 'absent' })
      await expect(provider(text).store('vault', key)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
      await expect(provider(text).delete('vault')).resolves.toBeUndefined()
    }
    await expect(provider(base64).delete('vault')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  it('tells how to make a key, and the command makes one that it accepts', async () => {
    const error = await provider(undefined)
      .store('vault', key)
      .then(
        () => new Error('it was stored'),
        (reason: Error) => reason,
      )
    const program = /node -e "(.+?)", keep/.exec(error.message)?.[1] ?? ''
    const made = execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })
    expect(await provider(made).load('vault')).toMatchObject({ kind: 'found' })
  })

  it('reads process.env at each call when no environment is given', async () => {
    const own = environmentKey({ variable: 'KEYCHAIN_TEST_KEY' })
    expect(await own.load('vault')).toMatchObject({ kind: 'absent' })
    process.env['KEYCHAIN_TEST_KEY'] = base64
    try {
      expect(await own.load('vault')).toEqual({ kind: 'found', key })
    } finally {
      delete process.env['KEYCHAIN_TEST_KEY']
    }
  })

  it('refuses wrong options with a TypeError that names the option', () => {
    expect(() => environmentKey(undefined as never)).toThrow(/options/)
    expect(() => environmentKey({ variable: '' })).toThrow(/variable/)
    expect(() => environmentKey({ variable: 7 as never })).toThrow(TypeError)
    expect(() => environmentKey({ variable: 'X', environment: 'Y' as never })).toThrow(/environment/)
  })
})
