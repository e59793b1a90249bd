import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type AccountError, isAccountError } from '@accountry/accounts'
import { createCanaries, type ScannedProcess } from '@accountry/testing'
import { afterAll, expect } from 'vitest'

// Every secret of these tests is a canary. Whatever the product lets out (errors, events, log lines, output, files of
// the vault) is kept here and looked through once, when the tests of a file are over.

/** Anything shorter is found by chance. */
const SHORTEST_SECRET = 12
const canaries = createCanaries()
const values: Record<string, unknown> = {}
const texts: Record<string, string> = {}
const processes: ScannedProcess[] = []
const root = mkdtempSync(join(tmpdir(), 'accountry-acceptance-'))

/** A secret by its name; the same one for the same name. */
export function secret(label: string): string {
  return canaries.canary(label)
}

/** Whether it is one of {@link secret}, for which the search is on already. */
export function isOwnSecret(value: string): boolean {
  return value.startsWith('cnry_') || value.length < SHORTEST_SECRET
}

/** Looks out for a secret that a server made. */
export function watch(label: string, value: string): string {
  canaries.adopt(label, value)
  return value
}

/** A folder for a vault, which is looked through and removed in the end. */
export function vaultFolder(): string {
  return mkdtempSync(join(root, 'vault-'))
}

/** Keeps something that was let out. */
export function letOut(kind: string, value: unknown): void {
  const name = `${kind} ${Object.keys(values).length} of "${expect.getState().currentTestName}"`
  values[name] = value
  texts[name] = inspect(value, { depth: 20 })
}

export function letOutBy(process: ScannedProcess): void {
  processes.push(process)
}

/** The error with which a promise rejects; fails the test when it resolves or rejects with something foreign. */
export async function failure(promise: Promise<unknown>): Promise<AccountError> {
  const error = await promise.then(
    () => new TypeError('it was expected to fail'),
    (thrown: unknown) => thrown,
  )
  letOut('error', error)
  if (!isAccountError(error)) throw error
  return error
}

afterAll(async () => {
  await canaries.expectNoCanary({ directories: [root], texts, values, processes })
  await rm(root, { recursive: true, force: true })
})
