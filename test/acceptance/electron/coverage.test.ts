import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { NOT_APPLICABLE } from './not-applicable.ts'

/** The ids in the names of the tests next to this one. */
function testedCases(): Set<string> {
  const folder = new URL('.', import.meta.url)
  const tested = new Set<string>()
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.test.ts'))) {
    const text = readFileSync(new URL(name, folder), 'utf8')
    for (const [, ids = ''] of text.matchAll(/["'`](J-\d\d(?:, J-\d\d)*): /g)) {
      for (const id of ids.split(', ')) tested.add(id)
    }
  }
  return tested
}

describe('the acceptance suite', () => {
  it('has a test or a reason for every row', () => {
    const tested = testedCases()
    expect(CASES.filter((id) => !tested.has(id) && NOT_APPLICABLE[id] === undefined)).toEqual([])
  })

  it('excuses no row that has a test, and none that does not exist', () => {
    const tested = testedCases()
    const excused = Object.keys(NOT_APPLICABLE)
    expect(excused.filter((id) => tested.has(id))).toEqual([])
    expect([...excused, ...tested].filter((id) => !CASES.includes(id))).toEqual([])
  })
})
