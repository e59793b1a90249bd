import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES, ELSEWHERE } from './cases.ts'

const REPOSITORY = new URL('../../../', import.meta.url)

/** The ids in the names of the tests in a folder, and in the folders of the packages that its own table counts. */
function testedIn(...folders: string[]): Set<string> {
  const tested = new Set<string>()
  for (const folder of folders) {
    for (const name of readdirSync(new URL(folder, REPOSITORY)).filter((file) => file.endsWith('.test.ts'))) {
      const text = readFileSync(new URL(`${folder}/${name}`, REPOSITORY), 'utf8')
      const names = text.matchAll(
        /(?:\b(?:it|test)(?:\.each\([\s\S]*?\)|\.skipIf\(.*?\))?\(|^\s*\[)\s*(['"`])([^\n]*?)\1/gm,
      )
      for (const [, , title = ''] of names) for (const [id] of title.matchAll(/\b[A-K]-\d\d\b/g)) tested.add(id)
    }
  }
  return tested
}

const COUNTED_WITH: Readonly<Record<string, readonly string[]>> = {
  'test/acceptance/oauth': ['packages/oauth/test', 'packages/http/test'],
}

describe('the rows that concern the command', () => {
  it('are each tested here', () => {
    const tested = testedIn('test/acceptance/command')
    expect(Object.keys(CASES).filter((id) => !tested.has(id))).toEqual([])
    expect([...tested].filter((id) => CASES[id] === undefined)).toEqual([])
  })

  it('are tested where the table says, when they are tested elsewhere', () => {
    const missing = Object.entries(ELSEWHERE).filter(
      ([id, folder]) => !testedIn(folder, ...(COUNTED_WITH[folder] ?? [])).has(id),
    )
    expect(missing).toEqual([])
  })
})
