import { ACCOUNT_ERROR_CODES, ACCOUNT_ERROR_REASONS, AccountError, type AccountErrorCode } from '@accountry/accounts'
import { describe, expect, test } from 'vitest'
import { filesBelow, textOf } from '../support/repository.ts'

interface Section {
  readonly code: string
  readonly text: string
}

const page = textOf('docs/guide/errors.md')
const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ code: text.slice(0, text.indexOf('\n')).trim(), text }))

/** The reasons that a section lists: the first cells of its table. */
function reasonsOf({ text }: Section): string[] {
  return [...text.matchAll(/^\| `([\w-]+)`\s*\|/gm)].map(([, reason = '']) => reason)
}

/** What stands behind a label such as `**Action:**`. */
function field({ text }: Section, label: string): string | undefined {
  return new RegExp(`^- \\*\\*${label}:\\*\\* (.+)`, 'm').exec(text)?.[1]
}

describe('docs/guide/errors.md', () => {
  test('has a section for every code, in the order of the list, and for nothing else', () => {
    expect(sections.map(({ code }) => code)).toEqual([...ACCOUNT_ERROR_CODES])
  })

  test('says how many codes there are', () => {
    expect(page).toContain(`one of the ${ACCOUNT_ERROR_CODES.length} codes`)
  })

  test('lists every reason somewhere, and none that does not exist', () => {
    const listed = new Set(sections.flatMap(reasonsOf))
    expect([...listed].sort()).toEqual([...ACCOUNT_ERROR_REASONS].sort())
  })

  test.each(sections)('$code: says who can fix it and what to show, and the defaults of the error', (section) => {
    expect(field(section, 'Who can fix it')).toBeDefined()
    expect(field(section, 'What to show')).toBeDefined()
    const error = new AccountError(section.code as AccountErrorCode, 'a message')
    expect(field(section, 'Retryable')?.split(' ')[0]).toBe(error.retryable ? 'yes' : 'no')
    expect(field(section, 'Action')?.split(' ')[0]).toBe(error.action === undefined ? 'none' : `\`${error.action}\``)
  })

  test('knows every reason that the source writes beside a code', () => {
    const documented = new Set(
      sections.flatMap((section) => reasonsOf(section).map((reason) => `${section.code} ${reason}`)),
    )
    const written = filesBelow('packages', '.ts')
      .filter((file) => file.includes('/src/') && !file.startsWith('packages/testing/'))
      .flatMap((file) => pairsIn(textOf(file)).map((pair) => ({ pair, file })))
    expect(written.length).toBeGreaterThan(30)
    expect(written.filter(({ pair }) => !documented.has(pair))).toEqual([])
  })
})

/** `CODE reason` of each error that is made with both as literals. */
function pairsIn(text: string): string[] {
  const pairs: string[] = []
  for (const { index } of text.matchAll(/new AccountError\(/g)) {
    const call = argumentsAt(text, index + 'new AccountError'.length)
    const code = /^\(\s*'(ERR_\w+)'/.exec(call)?.[1]
    if (code === undefined) continue
    for (const [, reason] of call.matchAll(/\breason: '([\w-]+)'/g)) pairs.push(`${code} ${reason}`)
  }
  return pairs
}

/** The text between a parenthesis and the one that closes it. */
function argumentsAt(text: string, start: number): string {
  let depth = 0
  for (let end = start; end < text.length; end++) {
    if (text[end] === '(') depth++
    if (text[end] === ')' && --depth === 0) return text.slice(start, end)
  }
  return text.slice(start)
}
