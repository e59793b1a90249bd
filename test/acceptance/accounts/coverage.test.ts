import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES, type CaseTag, DISAGREEMENTS } from './cases.ts'
import { NOT_APPLICABLE } from './not-applicable.ts'

const DECISIONS = new URL('../../../docs/decisions/0011-cases-on-which-android-disagrees.md', import.meta.url)
const all = Object.values(CASES).flatMap((section) => Object.values(section).flat())

/** Names of tests, and the first column of a table of tests. A comment names a case too, and tests nothing. */
const NAME = /(?:^\s*it\(|^\s*\[|^\s*\]\)\(|\)\(|^)\s*(['"`])((?:T\d+,? )+)/gm

/** The cases that the names of the tests in a file begin with. */
function casesIn(text: string): number[] {
  return [...text.matchAll(NAME)].flatMap(([, , numbers = '']) => [...numbers.matchAll(/\d+/g)].map(Number))
}

function testFiles(): string[] {
  const folder = new URL('.', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && name !== 'coverage.test.ts')
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
}

const tested = new Set(testFiles().flatMap(casesIn))

function tagged(wanted: CaseTag): readonly number[] {
  return Object.values(CASES).flatMap((section) => section[wanted] ?? [])
}

describe('the cases of Android’s account manager', () => {
  it('are each named once in the list', () => {
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBe(361)
  })

  it('are each tested here, or stand in the table with the reason why not', () => {
    expect(all.filter((number) => !tested.has(number) && !NOT_APPLICABLE.has(number))).toEqual([])
  })

  it('stand in the table only when they are not tested', () => {
    expect([...NOT_APPLICABLE.keys()].filter((number) => tested.has(number))).toEqual([])
  })

  it('are cases that there are', () => {
    const known = new Set(all)
    expect([...tested, ...NOT_APPLICABLE.keys(), ...DISAGREEMENTS].filter((number) => !known.has(number))).toEqual([])
  })

  it('stand in the table with a reason when they are of Android alone', () => {
    expect(tagged('S').filter((number) => !NOT_APPLICABLE.has(number))).toEqual([])
  })

  it('are decided in writing where Android disagrees with itself', () => {
    const rows = new Set([...readFileSync(DECISIONS, 'utf8').matchAll(/^\| T(\d+)/gm)].map(([, n]) => Number(n)))
    expect(DISAGREEMENTS.filter((number) => !rows.has(number))).toEqual([])
  })

  it('are not counted when a test is switched off or only spoken of', () => {
    expect(casesIn("it('T1, T2 does it', () => {})")).toEqual([1, 2])
    expect(casesIn("  it.each(ROWS)('T3 at %s', () => {})")).toEqual([3])
    expect(casesIn("  ['T4 setPassword', call],\n  [\n    'T5 longer',\n  ],")).toEqual([4, 5])
    expect(casesIn("/** `'T6 what is to be seen'` */ // 'T7 a comment'")).toEqual([])
    expect(testFiles().flatMap((text) => text.match(/\b(?:it|describe)\.(?:skip|todo|only|fails)\b/g) ?? [])).toEqual(
      [],
    )
  })
})
