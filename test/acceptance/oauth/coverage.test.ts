import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { NOT_APPLICABLE } from './not-applicable.ts'

const REPOSITORY = new URL('../../../', import.meta.url)

/** Where the cases are tested: here, next to what they are about, and where processes die. */
const FOLDERS = [
  'test/acceptance/oauth',
  'packages/oauth/test',
  'packages/accounts/test',
  'packages/http/test',
  'packages/accountry/test',
  'test/e2e',
]

/** Names of tests, and the first column of a table of tests. A comment names a case too, and tests nothing. */
const NAME = /(?:^\s*(?:it|test)\(|\)\(|^\s*\[)\s*(['"`])((?:\\.|(?!\1)[^\n\\])*)\1/gm

/** The cases that the names of the tests in a file hold. */
function casesIn(text: string): string[] {
  return [...text.matchAll(NAME)].flatMap(([, , name = '']) => name.match(/\b[A-GK]-\d\d\b/g) ?? [])
}

function filesIn(folder: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(new URL(folder, REPOSITORY))
    .filter((name) => name.endsWith('.test.ts') && name !== 'coverage.test.ts')
    .map((name) => ({ name, text: readFileSync(new URL(`${folder}/${name}`, REPOSITORY), 'utf8') }))
}

const all = Object.keys(CASES)
const tested = new Set(FOLDERS.flatMap(filesIn).flatMap(({ text }) => casesIn(text)))
const excused = Object.keys(NOT_APPLICABLE)

describe('the attacks and faults', () => {
  it('are each tested, or stand in the table with the reason why not', () => {
    expect(all).toHaveLength(184)
    expect(all.filter((id) => !tested.has(id) && !excused.includes(id))).toEqual([])
  })

  it('stand in the table only when they are not tested, and when there are such cases', () => {
    expect(excused.filter((id) => tested.has(id) || !all.includes(id))).toEqual([])
  })

  it('are named by no test of this folder that is not one of them', () => {
    const here = filesIn('test/acceptance/oauth').flatMap(({ text }) => casesIn(text))
    expect(here.filter((id) => !all.includes(id))).toEqual([])
  })

  it('are not counted when they are only spoken of, and no test here is switched off', () => {
    expect(casesIn("it('A-01 and A-02 do it', () => {})")).toEqual(['A-01', 'A-02'])
    expect(casesIn("  it.each(ROWS)('does it at %s (B-03)', () => {})")).toEqual(['B-03'])
    expect(casesIn("  ['C-04 call', call],\n  [\n    'C-05 longer',\n  ],")).toEqual(['C-04', 'C-05'])
    expect(casesIn("/** `'D-06 what is to be seen'` */ // 'D-07 a comment'")).toEqual([])
    const switchedOff = /\b(?:it|test|describe)\.(?:skip|todo|only|fails)\b/g
    expect(filesIn('test/acceptance/oauth').flatMap(({ text }) => text.match(switchedOff) ?? [])).toEqual([])
  })
})
