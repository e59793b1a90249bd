import * as accountry from 'accountry'
import { AccountManager, SyncManager } from 'accountry'
import { expect, test } from 'vitest'
import { textOf } from '../support/repository.ts'

const page = textOf('docs/guide/coming-from-android.md')

function methodsOf(manager: { prototype: object }): string[] {
  return Object.getOwnPropertyNames(manager.prototype).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(manager.prototype, name) ?? {}
    return typeof value === 'function' && name !== 'constructor'
  })
}

function section(title: string): string {
  return page.split(/^## /m).find((text) => text.startsWith(title)) ?? ''
}

/** What stands in the column of Accountry, in code. */
function namesOfOurs(text: string): string[] {
  const cells = [...text.matchAll(/^\| [^\n]*?(?<!\\)\| (.*?) (?<!\\)\|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-zA-Z]+)(?:\([^)]*\))?`/g)].map(([, name = '']) => name))
}

test.each([
  ['AccountManager', AccountManager],
  ['ContentResolver', SyncManager],
] as const)('the table of %s names every method, and only what there is', (title, manager) => {
  const methods = methodsOf(manager)
  const ours = namesOfOurs(section(title))
  expect(methods.filter((name) => !ours.includes(name) && !NOT_ANDROIDS.has(name))).toEqual([])
  const options = new Set(['open', 'manual', 'expedited', 'upload', 'ignoreBackoff', 'extras', 'onPerformSync'])
  expect(ours.filter((name) => !methods.includes(name) && !(name in accountry) && !options.has(name))).toEqual([])
})

/** For tools such as our command: they read how an authenticator was configured. */
const NOT_ANDROIDS = new Set(['getAuthenticatorConfigurations'])
