import { describe, it } from 'vitest'
import { missingSecretServiceTools } from '../secret-service.ts'

/**
 * `describe` for tests that need a real Secret Service (see `startSecretService`).
 *
 * Where its programs are not installed the tests are skipped and standard error says so; with the variable `CI` set
 * that is a failed test instead, so that a build never passes without them.
 */
export function describeWithSecretService(name: string, tests: () => void): void {
  const missing = missingSecretServiceTools()
  if (missing.length === 0) {
    describe(name, tests)
    return
  }
  const problem = `"${name}" needs ${missing.join(', ')} (Debian: apt-get install dbus gnome-keyring)`
  if (process.env['CI'] !== undefined && process.env['CI'] !== '') {
    it(name, () => {
      throw new Error(problem)
    })
    return
  }
  process.stderr.write(`\nSKIPPED, not tested: ${problem}\n`)
  describe.skip(name, tests)
}
