import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { NOT_APPLICABLE } from './not-applicable.ts'

/** The numbers of android-sync.md §4: 2 to 353, and every sixth is not given. */
function allCases(): number[] {
  return Array.from({ length: 352 }, (_, index) => index + 2).filter((number) => number % 6 !== 1)
}

/** The numbers in the names of the tests next to this one, and of the package's own. */
function testedCases(): Set<number> {
  const folders = [new URL('.', import.meta.url), new URL('../../../packages/sync/test/', import.meta.url)]
  const tested = new Set<number>()
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.test.ts'))) {
      const text = readFileSync(new URL(name, folder), 'utf8')
      for (const [, numbers = ''] of text.matchAll(/["'`]case ([\d, ]+):/g)) {
        for (const number of numbers.split(',')) tested.add(Number(number))
      }
    }
  }
  return tested
}

describe('the acceptance suite', () => {
  it('has a test or a reason for every case', () => {
    const tested = testedCases()
    const open = allCases().filter((number) => !tested.has(number) && NOT_APPLICABLE[number] === undefined)
    expect(open).toEqual([])
  })

  it('excuses no case that has a test, and none that does not exist', () => {
    const tested = testedCases()
    const excused = Object.keys(NOT_APPLICABLE).map(Number)
    expect(excused.filter((number) => tested.has(number))).toEqual([])
    expect(excused.filter((number) => !allCases().includes(number))).toEqual([])
    expect([...tested].filter((number) => !allCases().includes(number))).toEqual([])
  })
})
