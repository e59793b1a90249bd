import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuthenticatorDescription } from '../src/authenticator.ts'
import { MAX_OPTIONS_BYTES, storedKeyOf, tokenKeyOf } from '../src/token-key.ts'

const APP = 'com.example.app'
const anyType: AuthenticatorDescription = { type: 't', label: 'T' }
const declared: AuthenticatorDescription = { type: 't', label: 'T', tokenTypes: { calendar: {}, mail: {} } }
const perPrincipal: AuthenticatorDescription = { ...anyType, capabilities: { tokensPerPrincipal: true } }

function canonical(spec: unknown, options?: unknown, description = anyType, principal = APP): string {
  return tokenKeyOf(spec, options, description, principal).canonical
}

describe('the key of a token', () => {
  it('does not depend on the order of scopes, nor on a scope that is named twice', () => {
    expect(canonical({ scopes: ['b', 'a', 'b'] })).toBe(canonical({ scopes: ['a', 'b'] }))
  })

  it('does not depend on the order of the options, at any depth', () => {
    expect(canonical('t', { a: 1, b: { c: 2, d: [3, { e: 4, f: 5 }] } })).toBe(
      canonical('t', { b: { d: [3, { f: 5, e: 4 }], c: 2 }, a: 1 }),
    )
  })

  it('takes options that are empty or undefined for none', () => {
    expect(canonical('t', {})).toBe(canonical('t'))
    expect(canonical('t', { a: undefined })).toBe(canonical('t'))
  })

  it('keeps the order of lists', () => {
    expect(canonical('t', { a: [1, 2] })).not.toBe(canonical('t', { a: [2, 1] }))
  })

  it('differs by scopes, resource, options and, where the authenticator asks, by principal', () => {
    const keys = [
      canonical('a'),
      canonical('a', { x: 1 }),
      canonical('a', { x: '1' }),
      canonical('a', { x: null }),
      canonical('a', { x: [1] }),
      canonical({ scopes: ['a'] }),
      canonical({ scopes: ['a', 'b'] }),
      canonical({ scopes: ['a'], resource: 'https://one.example' }),
      canonical({ scopes: ['a'], resource: 'https://two.example' }),
      canonical({ scopes: ['a'] }, { x: 1 }),
      canonical('a', undefined, perPrincipal, 'one'),
      canonical('a', undefined, perPrincipal, 'two'),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('is the same for every principal where the authenticator does not ask', () => {
    expect(canonical('a', { x: 1 }, anyType, 'one')).toBe(canonical('a', { x: 1 }, anyType, 'two'))
  })

  it('is never the same for two requests that differ', () => {
    const scope = fc.constantFrom('a', 'b', 'a b')
    const request = fc.record({
      spec: fc.oneof(
        scope,
        fc.record({ scopes: fc.uniqueArray(fc.constantFrom('a', 'b'), { minLength: 1 }) }),
        fc.record({ scopes: fc.uniqueArray(fc.constantFrom('a', 'b'), { minLength: 1 }), resource: scope }),
      ),
      options: fc.option(fc.record({ x: fc.constantFrom(1, '1') }), { nil: undefined }),
      principal: fc.constantFrom('one', 'type'),
    })
    fc.assert(
      fc.property(request, request, (one, other) => {
        const normal = ({ spec, options, principal }: typeof one) =>
          JSON.stringify([
            typeof spec === 'string' ? spec : { ...spec, scopes: [...spec.scopes].sort() },
            options ?? {},
            principal,
          ])
        const keyOf = ({ spec, options, principal }: typeof one) => canonical(spec, options, perPrincipal, principal)
        expect(keyOf(one) === keyOf(other)).toBe(normal(one) === normal(other))
      }),
      { numRuns: 2_000 },
    )
  })

  it('of a type with options is not the one of a type with a crafted name', () => {
    const key = canonical('a', { x: 1 })
    expect(() => canonical(key)).toThrow(/^authTokenType has control or invisible characters/)
  })

  it('of a type is not the one of a scope at a resource called "type"', () => {
    expect(canonical('a', { x: 1 })).not.toBe(canonical({ scopes: ['a'], resource: 'type' }, { x: 1 }))
  })

  it('is stored as a short text that reveals nothing of the options', () => {
    const stored = storedKeyOf(tokenKeyOf('t', { tenant: 'canary' }, anyType, APP))
    expect(stored).toHaveLength(24)
    expect(stored).not.toContain('canary')
  })
})

describe('a wrong token type', () => {
  it('that is not declared is a TypeError that names the declared ones', () => {
    expect(() => canonical('callendar', undefined, declared)).toThrow(/calendar, mail/)
    expect(() => canonical('callendar', undefined, declared)).toThrow(TypeError)
  })

  it.each(['__proto__', 'constructor', 'toString'])('named %s is not declared by every object', (name) => {
    expect(() => canonical(name, undefined, declared)).toThrow(TypeError)
  })

  it.each([
    ['an empty string', ''],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['no scopes', { scopes: [] }],
    ['scopes that are no list', { scopes: 'a' }],
    ['a scope with a space', { scopes: ['a b'] }],
    ['a scope with a quote', { scopes: ['a"'] }],
    ['a scope that is no string', { scopes: [1] }],
    ['an empty resource', { scopes: ['a'], resource: '' }],
    ['a resource that is no string', { scopes: ['a'], resource: 1 }],
  ])('such as %s is a TypeError', (_what, spec) => {
    expect(() => canonical(spec)).toThrow(TypeError)
  })
})

describe('options that are not JSON', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  it.each([
    ['a function', { a: () => 1 }],
    ['a Date', { a: new Date(0) }],
    ['a Map', { a: new Map() }],
    ['NaN', { a: Number.NaN }],
    ['a BigInt', { a: 1n }],
    ['a symbol', { a: Symbol('a') }],
    ['undefined in a list', { a: [undefined] }],
    ['something cyclic', cyclic],
    ['a list', [1]],
    ['null', null],
    ['a string', 'a'],
  ])('such as %s are a TypeError', (_what, options) => {
    expect(() => canonical('t', options)).toThrow(TypeError)
  })

  it('and options of more than 4 KB are a TypeError', () => {
    expect(() => canonical('t', { a: 'x'.repeat(MAX_OPTIONS_BYTES - 8) })).not.toThrow()
    expect(() => canonical('t', { a: 'x'.repeat(MAX_OPTIONS_BYTES) })).toThrow(/4096 bytes/)
  })

  it('name the path and the kind of what is wrong, never the value', () => {
    expect(() => canonical('t', { a: { b: 10n } })).toThrow(/options\.a\.b must be JSON, received bigint/)
  })
})
