import { describe, expect, it } from 'vitest'
import { AuthToken } from '../src/auth-token.ts'
import { type CachedToken, isFresh, TokenCache } from '../src/token-cache.ts'

const account = { id: 'a', type: 't', name: 'n' }

function entry(value: string, revision = 1): CachedToken {
  return { token: new AuthToken({ value, authTokenType: 't', account }), obtainedAt: 0, revision }
}

describe('TokenCache', () => {
  it('holds no more tokens than its limit, and drops the oldest first', () => {
    const cache = new TokenCache(3)
    for (const n of [1, 2, 3, 4]) cache.put(`account-${n}`, 'key', entry(`token-${n}`))
    expect(cache.size).toBe(3)
    expect(cache.get('account-1', 'key')).toBeUndefined()
    expect(cache.get('account-4', 'key')?.token.value).toBe('token-4')
  })

  it('counts a token that replaces another one once', () => {
    const cache = new TokenCache(2)
    for (let n = 0; n < 10; n++) cache.put('a', 'key', entry(`token-${n}`))
    expect(cache.size).toBe(1)
    expect(cache.get('a', 'key')?.token.value).toBe('token-9')
  })

  it('forgets what was known before a change, and keeps what came with it or later', () => {
    const cache = new TokenCache()
    cache.put('a', 'old', entry('old', 4))
    cache.put('a', 'same', entry('same', 5))
    cache.put('a', 'new', entry('new', 6))
    cache.put('b', 'old', entry('other', 1))
    cache.forgetBefore('a', 5)
    expect(cache.get('a', 'old')).toBeUndefined()
    expect(cache.get('a', 'same')).toBeDefined()
    expect(cache.get('a', 'new')).toBeDefined()
    expect(cache.get('b', 'old')).toBeDefined()
    expect(cache.size).toBe(3)
  })

  it('replaces any token of an account, and leaves its others as they are', () => {
    const cache = new TokenCache()
    const keys = ['a', 'b', 'c']
    for (const replaced of keys) {
      for (const key of keys) cache.put('account', key, entry(`old-${key}`))
      cache.put('account', replaced, entry('new'))
      const values = keys.map((key) => cache.get('account', key)?.token.value)
      expect(values).toEqual(keys.map((key) => (key === replaced ? 'new' : `old-${key}`)))
    }
    expect(cache.size).toBe(3)
  })

  it('drops the tokens of one account in the order in which they came', () => {
    const cache = new TokenCache(2)
    for (const key of ['a', 'b', 'c', 'd']) cache.put('account', key, entry(key))
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get('account', key) !== undefined)).toEqual(['c', 'd'])
    expect(cache.size).toBe(2)
  })

  it('keeps nothing of an account whose tokens are all gone', () => {
    const cache = new TokenCache()
    cache.put('a', 'key', entry('token', 1))
    cache.forgetBefore('a', 2)
    cache.forgetBefore('never seen', 2)
    expect(cache.size).toBe(0)
    cache.put('a', 'key', entry('token', 3))
    cache.clear()
    expect(cache.size).toBe(0)
    expect(cache.get('a', 'key')).toBeUndefined()
  })
})

describe('isFresh', () => {
  const hour = { obtainedAt: 0, expiresAt: 3_600_000 }
  const twentySeconds = { obtainedAt: 0, expiresAt: 20_000 }

  it.each([
    ['a token without an end stays fresh', { obtainedAt: 0, expiresAt: undefined }, 10 ** 15, 60_000, true],
    ['valid for the time that was asked for', hour, 3_540_000, 60_000, true],
    ['one millisecond short of it', hour, 3_540_001, 60_000, false],
    ['asked for no validity, one millisecond before the end', hour, 3_599_999, 0, true],
    ['at its very end it is gone, whatever was asked for', hour, 3_600_000, 0, false],
    ['after its end', hour, 3_600_001, 0, false],
    ['a short token needs only a quarter of its lifetime', twentySeconds, 15_000, 60_000, true],
    ['and not less', twentySeconds, 15_001, 60_000, false],
    ['asked for more than it ever had', hour, 2_700_000, 10_000_000, true],
    ['asked for more than it has', hour, 2_700_001, 10_000_000, false],
  ])('%s', (_name, token, now, minValidityMs, fresh) => {
    expect(isFresh(token, now, minValidityMs)).toBe(fresh)
  })
})
