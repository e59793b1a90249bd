import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AuthToken } from '../src/auth-token.ts'
import { SecretInput } from '../src/secret-input.ts'

const account = { id: 'id', type: 'com.example', name: 'ana@example.com' }
const token = new AuthToken({ value: 'canary', authTokenType: 'calendar', expiresAt: 7, scopes: ['a'], account })

describe('AuthToken', () => {
  it.each<[string, () => string]>([
    ['inspect', () => inspect(token)],
    [
      'inspect of everything hidden',
      () => inspect({ deep: { token } }, { depth: 20, showHidden: true, getters: false }),
    ],
    ['inspect without its own words', () => inspect(token, { depth: 20, showHidden: true, customInspect: false })],
    ['JSON', () => JSON.stringify({ token })],
    ['a template', () => `${token}`],
    ['joining texts', () => `${['x', token].join(' ')}`],
    ['a number', () => String(Number(token))],
    ['structuredClone', () => inspect(structuredClone(token), { showHidden: true, depth: 20 })],
    ['its own properties', () => inspect(Object.getOwnPropertyDescriptors(token), { depth: 20, showHidden: true })],
    ['spreading', () => JSON.stringify({ ...token })],
    ['an error about it', () => inspect(new Error(`cannot use ${token}`))],
  ])('does not show its value through %s', (_way, show) => {
    expect(show()).not.toContain('canary')
  })

  it('gives its value when it is asked for it, and says everything else openly', () => {
    expect(token.value).toBe('canary')
    expect(JSON.parse(JSON.stringify(token))).toEqual({
      value: '[redacted]',
      authTokenType: 'calendar',
      scheme: 'Bearer',
      expiresAt: 7,
      scopes: ['a'],
      account,
    })
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(token)).toBe(true)
    expect(Object.isFrozen(token.scopes)).toBe(true)
  })
})

describe('SecretInput', () => {
  it('gives its text once', () => {
    const input = new SecretInput('canary')
    expect(input.consume()).toBe('canary')
    expect(() => input.consume()).toThrow(/already consumed/)
  })

  it('does not show its text', () => {
    const input = new SecretInput('canary')
    const shown = [
      inspect(input, { depth: 20, showHidden: true }),
      inspect(input, { depth: 20, showHidden: true, customInspect: false }),
      JSON.stringify({ input }),
      `${input}`,
      JSON.stringify(structuredClone(input)),
    ]
    expect(shown.join('\n')).not.toContain('canary')
  })

  it('does not touch the bytes that it was given', () => {
    const bytes = Buffer.from('canary')
    new SecretInput(bytes).consume()
    expect(bytes.toString()).toBe('canary')
  })
})
