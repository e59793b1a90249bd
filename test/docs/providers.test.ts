import { expect, test } from 'vitest'
import { textOf } from '../support/repository.ts'

test('the guide to authenticators lists the providers that there are', () => {
  const { exports } = JSON.parse(textOf('packages/oauth/package.json')) as { exports: Record<string, string> }
  const providers = Object.keys(exports).flatMap((path) => /^\.\/providers\/(.+)$/.exec(path)?.[1] ?? [])
  const [, list = ''] =
    /`@accountry\/oauth\/providers\/<name>` with ([^.]+)\./.exec(textOf('docs/guide/authenticators.md')) ?? []
  const listed = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  expect(listed.sort()).toEqual(providers.sort())
})
