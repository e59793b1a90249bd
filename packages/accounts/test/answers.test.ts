import { describe, expect, it } from 'vitest'
import { MAX_SECRET_BYTES } from '../src/answer-reading.ts'
import { checkedClaims, checkedIssuedToken, checkedNewAccount, checkedStrings } from '../src/answers.ts'

const TYPE = 'com.example'
const invalid = expect.objectContaining({ code: 'ERR_INVALID_RESPONSE' })
const tooLarge = expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' })
const throwing = {
  get value(): string {
    throw new Error('canary')
  },
  get name(): string {
    throw new Error('canary')
  },
}
const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic

describe('a token that an authenticator answers', () => {
  it('is reduced to what a token consists of', () => {
    const answer = { value: 'v', expiresAt: 1, scheme: 'DPoP', scopes: ['a'], account: { id: 'other' }, type: 'other' }
    expect(checkedIssuedToken(answer, TYPE)).toEqual({ value: 'v', expiresAt: 1, scheme: 'DPoP', scopes: ['a'] })
  })

  it('is read once, so that it cannot change its mind', () => {
    let reads = 0
    const token = checkedIssuedToken(
      {
        get value() {
          reads += 1
          return `read-${reads}`
        },
      },
      TYPE,
    )
    expect([token.value, token.value, reads]).toEqual(['read-1', 'read-1', 1])
  })

  it('cannot be changed afterwards through its list of scopes', () => {
    const scopes = ['a']
    const token = checkedIssuedToken({ value: 'v', scopes }, TYPE)
    scopes.push('b')
    expect(token.scopes).toEqual(['a'])
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'token'],
    ['no value', {}],
    ['an empty value', { value: '' }],
    ['a value that is no string', { value: 7 }],
    ['a value with a line break', { value: 'a\r\nX-Evil: 1' }],
    ['a value beyond ASCII', { value: 'tökén' }],
    ['null for an end', { value: 'v', expiresAt: null }],
    ['an end that is text', { value: 'v', expiresAt: '1' }],
    ['an end that is NaN', { value: 'v', expiresAt: Number.NaN }],
    ['an endless end', { value: 'v', expiresAt: Number.POSITIVE_INFINITY }],
    ['an end beyond all dates', { value: 'v', expiresAt: 1e18 }],
    ['a scheme with a space', { value: 'v', scheme: 'Be arer' }],
    ['an empty scheme', { value: 'v', scheme: '' }],
    ['a scheme that is no string', { value: 'v', scheme: {} }],
    ['scopes that are text', { value: 'v', scopes: 'a b' }],
    ['scopes that are no texts', { value: 'v', scopes: [1] }],
    ['a getter that throws', throwing],
  ])('is ERR_INVALID_RESPONSE when it is %s', (_what, answer) => {
    expect(() => checkedIssuedToken(answer, TYPE)).toThrow(invalid)
    expect(() => checkedIssuedToken(answer, TYPE)).not.toThrow(/canary|token'/)
  })

  it('is ERR_LIMIT_EXCEEDED when it is huge', () => {
    expect(() => checkedIssuedToken({ value: 'x'.repeat(MAX_SECRET_BYTES + 1) }, TYPE)).toThrow(tooLarge)
    expect(checkedIssuedToken({ value: 'x'.repeat(MAX_SECRET_BYTES) }, TYPE).value).toHaveLength(MAX_SECRET_BYTES)
  })
})

describe('a new account that an authenticator answers', () => {
  it('is reduced to what an account consists of', () => {
    const account = checkedNewAccount({ name: 'ana', password: 'p', id: 'chosen', type: 'other', state: 'ok' }, TYPE)
    expect(account).toMatchObject({ name: 'ana', password: 'p' })
    expect(Object.keys(account)).not.toEqual(expect.arrayContaining(['id']))
    expect(Object.keys(account)).not.toEqual(expect.arrayContaining(['type']))
    expect(Object.keys(account)).not.toEqual(expect.arrayContaining(['state']))
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'ana'],
    ['no name', {}],
    ['an unusable name', { name: 'a\0' }],
    ['a name that is no text', { name: 7 }],
    ['a password that is no text', { name: 'ana', password: 7 }],
    ['a null password', { name: 'ana', password: null }],
    ['user data that is text', { name: 'ana', userData: 'x' }],
    ['user data with a number', { name: 'ana', userData: { a: 1 } }],
    ['fields with an object', { name: 'ana', fields: { a: {} } }],
    ['tokens that are text', { name: 'ana', tokens: 'x' }],
    ['a token that is none', { name: 'ana', tokens: { a: {} } }],
    ['claims that are cyclic', { name: 'ana', claims: cyclic }],
    ['claims that are a list', { name: 'ana', claims: [] }],
    ['claims with a BigInt', { name: 'ana', claims: { a: 1n } }],
    ['an issuer that is no text', { name: 'ana', issuer: 7 }],
    ['a subject that is no text', { name: 'ana', subject: {} }],
    ['a getter that throws', throwing],
  ])('is ERR_INVALID_RESPONSE when it is or has %s', (_what, answer) => {
    expect(() => checkedNewAccount(answer, TYPE)).toThrow(invalid)
  })

  it.each<[string, unknown]>([
    ['password', { name: 'ana', password: 'x'.repeat(MAX_SECRET_BYTES + 1) }],
    ['name', { name: 'x'.repeat(513) }],
    ['user data', { name: 'ana', userData: { a: 'x'.repeat(1_048_577) } }],
    ['key of user data', { name: 'ana', userData: { ['k'.repeat(257)]: 'x' } }],
    ['claim', { name: 'ana', claims: { a: 'x'.repeat(1_048_577) } }],
  ])('is ERR_LIMIT_EXCEEDED with a huge %s', (_what, answer) => {
    expect(() => checkedNewAccount(answer, TYPE)).toThrow(tooLarge)
  })
})

describe('names that are dangerous in JavaScript', () => {
  it('are plain keys of user data', () => {
    const copy = checkedStrings(JSON.parse('{"__proto__":"a","constructor":"b"}'), TYPE, 'userData')
    expect(Object.entries(copy)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  })

  it('do not reach the prototype through claims', () => {
    const claims = checkedClaims(JSON.parse('{"__proto__":{"isAdmin":true},"sub":"1"}'), TYPE)
    expect(Object.keys(claims)).toEqual(['sub'])
    expect((claims as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })
})
