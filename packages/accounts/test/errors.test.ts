import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  ACCOUNT_ERROR_CODES,
  ACCOUNT_ERROR_REASONS,
  AccountError,
  accountErrorFrom,
  isAccountError,
} from '../src/errors.ts'

const account = { id: 'id', type: 'com.example', name: 'ana@example.com' }
const full = new AccountError('ERR_INTERACTION_REQUIRED', 'ana has to sign in again', {
  reason: 'step_up',
  retryable: true,
  retryAt: 7,
  account,
  action: 'sign-in',
  challenge: { claims: '{}', scopes: ['a'], acrValues: ['b'], maxAgeS: 5 },
  candidates: [account],
  cause: Object.assign(new Error('canary'), { code: 'ECONNRESET' }),
})

/** Everything that a logger or an error tracker may come to see of a value. */
function everythingOf(value: unknown): string {
  const seen = new Set<unknown>()
  const walk = (item: unknown): string => {
    if (typeof item !== 'object' || item === null || seen.has(item)) return String(item)
    seen.add(item)
    return Reflect.ownKeys(item)
      .map((key) => `${String(key)}=${walk((item as Record<PropertyKey, unknown>)[key])}`)
      .join('\n')
  }
  return [
    walk(value),
    inspect(value, { depth: 20, showHidden: true }),
    inspect(value, { depth: 20, showHidden: true, customInspect: false }),
    JSON.stringify(value),
    String(value),
    JSON.stringify(structuredClone(value)),
  ].join('\n')
}

describe('AccountError', () => {
  it('survives a journey as JSON whole', () => {
    const arrived = accountErrorFrom(JSON.parse(JSON.stringify(full)))
    expect(arrived).toBeInstanceOf(AccountError)
    expect(arrived.toJSON()).toEqual(full.toJSON())
    expect(arrived.message).toBe(full.message)
  })

  it.each([...ACCOUNT_ERROR_CODES])('with code %s survives the journey', (code) => {
    const error = new AccountError(code, 'what happened')
    expect(accountErrorFrom(JSON.parse(JSON.stringify(error))).toJSON()).toEqual(error.toJSON())
  })

  it('knows by its code whether trying again can help', () => {
    const retryable = ACCOUNT_ERROR_CODES.filter((code) => new AccountError(code, '').retryable)
    expect(retryable).toEqual(
      [
        'ERR_NETWORK',
        'ERR_THROTTLED',
        'ERR_SERVER',
        'ERR_TLS',
        'ERR_STORAGE_WRITE',
        'ERR_LOCK_TIMEOUT',
        'ERR_AUTHENTICATOR_TIMEOUT',
      ].sort((a, b) => ACCOUNT_ERROR_CODES.indexOf(a as never) - ACCOUNT_ERROR_CODES.indexOf(b as never)),
    )
  })

  it('keeps of a foreign cause its name and its code and nothing else', () => {
    const cause = Object.assign(new TypeError('canary'), {
      code: 'UND_ERR_SOCKET',
      config: { headers: { authorization: 'canary' } },
      response: { body: 'canary' },
      cause: new Error('canary'),
    })
    const error = new AccountError('ERR_NETWORK', 'the network failed', { cause })
    expect(error.cause).toEqual({ name: 'TypeError', code: 'UND_ERR_SOCKET' })
    expect(everythingOf(error)).not.toContain('canary')
  })

  it('keeps nothing of a name or a code that is no plain word', () => {
    const cause = { name: 'canary with spaces', code: { canary: 1 } }
    expect(new AccountError('ERR_NETWORK', '', { cause }).cause).toEqual({ name: 'Error' })
    expect(new AccountError('ERR_NETWORK', '', { cause: 'canary' }).cause).toBeUndefined()
  })

  it('keeps a cause that is an AccountError itself', () => {
    const cause = new AccountError('ERR_TLS', 'the certificate is not trusted')
    expect(new AccountError('ERR_NETWORK', '', { cause }).cause).toBe(cause)
  })

  it('prints with its code, its account and what to do', () => {
    const printed = inspect(full)
    for (const part of ['ERR_INTERACTION_REQUIRED', 'ana has to sign in again', 'ana@example.com', 'sign-in']) {
      expect(printed).toContain(part)
    }
  })

  it('has no reason named twice', () => {
    expect(new Set(ACCOUNT_ERROR_REASONS).size).toBe(ACCOUNT_ERROR_REASONS.length)
    expect(new Set(ACCOUNT_ERROR_CODES).size).toBe(ACCOUNT_ERROR_CODES.length)
  })
})

describe('isAccountError', () => {
  it('knows the error of another copy of the package by its mark', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('accountry.error')]: true, code: 'ERR_CLOSED' })
    expect(isAccountError(foreign)).toBe(true)
    expect(isAccountError(full)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['an error', new Error('x')],
    ['its JSON', full.toJSON()],
    ['null', null],
    ['text', 'ERR_CLOSED'],
  ])('does not take %s for one', (_what, value) => {
    expect(isAccountError(value)).toBe(false)
  })
})

describe('accountErrorFrom', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'ERR_CLOSED'],
    ['no code', { message: 'x' }],
    ['an unknown code', { code: 'ERR_OTHER', message: 'x' }],
    ['a message that is no text', { code: 'ERR_CLOSED', message: {} }],
  ])('refuses %s', (_what, json) => {
    expect(() => accountErrorFrom(json)).toThrow(TypeError)
  })

  it('drops a reason that it does not know', () => {
    expect(accountErrorFrom({ code: 'ERR_CLOSED', message: 'x', reason: 'canary' }).reason).toBeUndefined()
  })
})
