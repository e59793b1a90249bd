import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { NOT_APPLICABLE } from './not-applicable.ts'

const all = Object.values(CASES).flat()

/** The cases that the names of tests in this folder begin with: `'T4, T5 what is to be seen'`. */
function testedCases(): number[] {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
  const names = files.flatMap((name) => [
    ...readFileSync(new URL(name, folder), 'utf8').matchAll(/['"`]((?:T\d+,? )+)/g),
  ])
  return names.flatMap(([, numbers]) => [...(numbers ?? '').matchAll(/\d+/g)].map(Number))
}

describe('the cases of Android’s account manager', () => {
  it('are each named once in the list', () => {
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBeGreaterThan(350)
  })

  it('are each tested here, or stand in the table with the reason why not', () => {
    const tested = new Set(testedCases())
    expect(all.filter((number) => !tested.has(number) && !NOT_APPLICABLE.has(number))).toEqual([])
  })

  it('stand in the table only when they are not tested', () => {
    const tested = new Set(testedCases())
    expect([...NOT_APPLICABLE.keys()].filter((number) => tested.has(number))).toEqual([])
  })

  it('are cases that there are', () => {
    const known = new Set(all)
    expect([...testedCases(), ...NOT_APPLICABLE.keys()].filter((number) => !known.has(number))).toEqual([])
  })
})
