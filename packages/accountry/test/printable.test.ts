import { describe, expect, test } from 'vitest'
import { printable, printableJson } from '../src/terminal/printable.ts'

describe('printable', () => {
  test.each([
    ['colour codes', '\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
    ['a clipboard write', '\u001b]52;c;aGk=\u0007', '\\u{1b}]52;c;aGk=\\u{7}'],
    ['a forged line', 'x\n[INFO] fake', 'x\\u{a}[INFO] fake'],
    ['C1 controls', '\u009b2J', '\\u{9b}2J'],
    ['text that runs backwards', 'abc\u202edcba', 'abc\\u{202e}dcba'],
    ['zero-width characters', 'pay\u200bpal\ufeff', 'pay\\u{200b}pal\\u{feff}'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ])('shows %s as code points', (_name, text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  test.each(['ana@example.com', 'Jürgen Müßig', '山田太郎', 'عربي', '👍🏽', 'a  b'])('leaves %s alone', (text) => {
    expect(printable(text)).toBe(text)
  })
})

describe('printableJson', () => {
  test.each([
    '\u001b[31m',
    '\u009b2J',
    'abc\u202edcba',
    'a\u2028b',
    'a\ud800b',
    '\u{e0041}',
    '\u{f0000}',
    'two\nlines',
    '👍🏽',
  ])('shows %j as JSON that a terminal does not obey, and that means the same', (text) => {
    const shown = printableJson(JSON.stringify({ [text]: [text] }, undefined, 2))
    expect(JSON.parse(shown)).toEqual({ [text]: [text] })
    expect(printable(shown.replaceAll('\n', ''))).toBe(shown.replaceAll('\n', ''))
  })
})
