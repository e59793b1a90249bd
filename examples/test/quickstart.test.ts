import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { missingSecretServiceTools, startSecretService } from '@accountry/testing'
import { describe, test } from 'vitest'
import { runExample } from './run-example.ts'

const ONE_MINUTE_MS = 60_000
const WITHOUT_KEYCHAIN = {
  DBUS_SESSION_BUS_ADDRESS: undefined,
  XDG_RUNTIME_DIR: undefined,
  DISPLAY: undefined,
  WAYLAND_DISPLAY: undefined,
}

const run = promisify(execFile)

describe.concurrent('the demo', () => {
  test(
    'holds all its claims where there is no OS keychain, and says what guards the key',
    async ({ expect }) => {
      const { code, output, errors } = await runExample('quickstart/main.ts', WITHOUT_KEYCHAIN)
      expect(output).toMatch(/(\d+) of \1 claims held, in \d+ s\.\n$/)
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(output).toContain('guarded by a file that only you may read')
      expect(output).not.toMatch(/eyJ|✗/)
      expect(output).toMatch(/ana@example\.com +ok +Bearer, ends in \d s +3 +3 +4\n/)
    },
    ONE_MINUTE_MS,
  )

  test.skipIf(missingSecretServiceTools().length > 0)(
    'holds them with the OS keychain too, and leaves no key behind',
    async ({ expect }) => {
      await using keychain = await startSecretService()
      const { code, output, errors } = await runExample('quickstart/main.ts', keychain.env)
      expect(output).toMatch(/(\d+) of \1 claims held, in \d+ s\.\n$/)
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(output).toContain('its key is guarded by the OS keychain')
      expect(await keysIn(keychain.env)).toBe('')
    },
    ONE_MINUTE_MS,
  )

  test.skipIf(missingSecretServiceTools().length > 0)(
    'takes a file where the OS keychain is locked, and says so',
    async ({ expect }) => {
      await using keychain = await startSecretService({ state: 'locked' })
      const { code, output } = await runExample('quickstart/main.ts', keychain.env)
      expect(output).toContain('The OS keychain is locked')
      expect(output).toContain('guarded by a file that only you may read')
      expect(code).toBe(0)
    },
    ONE_MINUTE_MS,
  )
})

/** What a keychain holds of this project, by name; nothing where Debian's `libsecret-tools` is missing. */
async function keysIn(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    // The tool writes the attributes to stderr, and the secrets, which nobody should see, to stdout.
    return (await run('secret-tool', ['search', '--all', 'service', 'accountry'], { env })).stderr
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
