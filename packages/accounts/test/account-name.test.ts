import { describe, expect, it } from 'vitest'
import { accountIdOf, checkedName, kindOf } from '../src/account.ts'

describe('a name that is data and nothing else', () => {
  it.each([
    ['an address', 'ana@example.com'],
    ['H-41 emoji', 'ana 👩‍👩‍👧‍👦'],
    ['H-44 a path', '../../etc/passwd'],
    ['H-44 a Windows path', 'C:\\x'],
    ['H-44 a reserved name', 'CON'],
    ['H-44 a slash', 'a/b'],
    ['H-46 __proto__', '__proto__'],
    ['H-46 constructor', 'constructor'],
    ['H-46 hasOwnProperty', 'hasOwnProperty'],
    ['H-48 SQL', "x'); DROP TABLE accounts;--"],
    ['H-48 wildcards', '100%_'],
    ['Arabic', 'محمد'],
    ['512 bytes', 'x'.repeat(512)],
    ['512 bytes of emoji', '😀'.repeat(128)],
  ])('%s', (_what, name) => {
    expect(checkedName(name, 'name')).toBe(name)
  })

  it('is kept in Unicode NFC', () => {
    expect(checkedName('Zoe\u0308', 'name')).toBe('Zo\u00eb')
  })
})

describe('a name that is refused', () => {
  it.each([
    ['H-40 NUL', 'a\0b'],
    ['H-40 a line break', 'a\nb'],
    ['H-40 a C1 control', 'a\u0085b'],
    ['H-41 a right-to-left override', 'a\u202eb'],
    ['H-41 a right-to-left isolate', 'a\u2067b'],
    ['H-41 a zero-width space', 'a\u200bb'],
    ['H-41 a byte order mark', '\ufeffa'],
    ['H-41 a word joiner', 'a\u2060b'],
    ['H-41 a code point that is no character', 'a\uffffb'],
    ['a line separator', 'a\u2028b'],
    ['H-42 a lone surrogate', '\ud800'],
    ['H-42 another lone surrogate', 'a\udc01'],
    ['H-45 nothing', ''],
    ['H-45 blanks', ' \t '],
    ['H-45 no-break spaces', '\u00a0\u3000'],
    ['H-49 a number', 7],
    ['H-49 an object', { toString: () => 'ana' }],
    ['H-49 an array', ['ana']],
    ['H-49 a symbol', Symbol('ana')],
    ['undefined', undefined],
    ['null', null],
  ])('%s', (_what, name) => {
    expect(() => checkedName(name, 'name')).toThrow(TypeError)
    expect(() => checkedName(name, 'name')).toThrow(/^name /)
  })

  it('H-41 an Arabic letter mark', () => {
    expect(() => checkedName('a\u061cb', 'name')).toThrow(TypeError)
  })

  it.each([
    ['513 bytes', 'x'.repeat(513)],
    ['513 bytes in UTF-8', `${'é'.repeat(256)}x`],
    ['H-45 a megabyte', 'x'.repeat(1_048_576)],
  ])('%s is ERR_LIMIT_EXCEEDED', (_what, name) => {
    expect(() => checkedName(name, 'name')).toThrow(expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' }))
  })

  it('is never repeated in the message', () => {
    expect(() => checkedName('canary\0', 'name')).toThrow(expect.not.objectContaining({ message: /canary/ }))
  })
})

describe('accountIdOf', () => {
  it('takes an account or its id', () => {
    expect(accountIdOf({ id: 'one', type: 't', name: 'n' })).toBe('one')
    expect(accountIdOf('one')).toBe('one')
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty id', ''],
    ['a number', 7],
    ['an object without id', {}],
  ])('refuses %s', (_what, ref) => {
    expect(() => accountIdOf(ref as never)).toThrow(/^account must be an Account or an account id, received/)
  })
})

describe('kindOf', () => {
  it('names the kind and never the value', () => {
    expect(['canary', '', 7, null, undefined, [], {}, Symbol('canary'), () => 1].map(kindOf)).toEqual([
      'string',
      'an empty string',
      'number',
      'null',
      'undefined',
      'an array',
      'an object',
      'symbol',
      'function',
    ])
  })
})
