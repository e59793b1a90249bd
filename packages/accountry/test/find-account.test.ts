import { describe, expect, test } from 'vitest'
import { UsageError } from '../src/command/exit-codes.ts'
import { findAccount } from '../src/command/find-account.ts'

const ana = { id: 'a1', type: 'com.example', name: 'ana@example.com' }
const anaAtWork = { id: 'b2', type: 'com.work', name: 'ana@example.com' }
const anastasia = { id: 'c3', type: 'com.example', name: 'anastasia@example.com' }
const all = [ana, anaAtWork, anastasia]

describe('findAccount', () => {
  test.each([
    ['an id', 'b2', anaAtWork],
    ['type and name', 'com.work/ana@example.com', anaAtWork],
    ['a beginning that only one has', 'anas', anastasia],
    ['the beginning of type and name', 'com.w', anaAtWork],
    ['another spelling of the same letters', 'anastasia@example.com'.normalize('NFD'), anastasia],
  ])('finds an account by %s', (_name, hint, expected) => {
    expect(findAccount(all, hint)).toBe(expected)
  })

  test('prefers a whole name to the beginning of another', () => {
    expect(findAccount([ana, { ...anastasia, name: 'ana@example.com.au' }], 'ana@example.com')).toBe(ana)
  })

  test('names the candidates when several fit', () => {
    expect(() => findAccount(all, 'ana@example.com')).toThrow(UsageError)
    expect(() => findAccount(all, 'ana@example.com')).toThrow('com.example/ana@example.com, com.work/ana@example.com')
  })

  test.each(['nobody', ''])('says that there is no account %j, in printable characters', (hint) => {
    expect(() => findAccount(all, hint)).toThrow(expect.objectContaining({ code: 'ERR_ACCOUNT_NOT_FOUND' }))
    expect(() => findAccount(all, '\u001b[2J')).toThrow('\\u{1b}[2J')
  })
})
