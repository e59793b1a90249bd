import { EXIT_CODES } from 'accountry/command'
import { expect, test } from 'vitest'
import { runCommand } from './support/captured-command.ts'

const never = (): Promise<never> => Promise.reject(new Error('try must not open the vault of the app'))

test('accountry try shows an account’s life and proves each step', async () => {
  const result = await runCommand(never, 'try')
  expect(result.output).toMatch(/Everything worked\.\n$/)
  expect(result.code).toBe(EXIT_CODES.ok)
  expect(result.output.match(/^✓ /gm)).toHaveLength(7)
  expect(result.output).toContain('1 refresh request, 1 new token for all')
})

test('accountry try --json is for programs', async () => {
  const { code, output, errors } = await runCommand(never, 'try', '--json')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  const { ok, steps } = JSON.parse(output)
  expect(ok).toBe(true)
  expect(steps).toHaveLength(7)
  expect(output).not.toMatch(/eyJ/)
})
