import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { missingSecretServiceTools, startAuthorizationServer, startSecretService } from '@accountry/testing'
import { expect, test } from 'vitest'
import { startFakeBrowser } from './support/fake-browser.ts'
import { runInTerminal } from './support/run-in-terminal.ts'
import { vaultFolder } from './support/vault-folder.ts'

const CALENDAR_SCOPE = 'https://www.googleapis.com/auth/calendar.readonly'
const program = fileURLToPath(new URL('support/quickstart.ts', import.meta.url))
const preload = new URL('support/local-google.ts', import.meta.url).href

test.skipIf(missingSecretServiceTools().length > 0)(
  'the quickstart signs in with the browser once, and afterwards asks nothing',
  async () => {
    await using folder = await vaultFolder()
    await using keychain = await startSecretService()
    await using server = await startAuthorizationServer({ scopes: [CALENDAR_SCOPE] })
    await using browser = await startFakeBrowser(folder.path, async (url) => {
      await server.browser('ana').openBrowser?.({ url, signal: AbortSignal.timeout(10_000) })
    })
    await using calendar = await startCalendar()
    const env = {
      ...keychain.env,
      PATH: process.env['PATH'],
      XDG_DATA_HOME: folder.path,
      BROWSER: browser.command,
      CLIENT_ID: server.clientId,
      CLIENT_SECRET: 'not a secret',
      ISSUER: server.issuer,
      CALENDAR_API: calendar.origin,
    }
    const command = [process.execPath, '--import', preload, program]

    const first = await runInTerminal(command, env)
    expect(first).toMatchObject({ code: 0 })
    expect(first.screen).toContain('To sign in, use the browser that opens, or open this address:')
    expect(first.screen).toContain("{ items: [ { summary: 'Holidays' } ] }")
    expect(browser.opened).toHaveLength(1)
    expect(new URL(browser.opened[0] ?? '').searchParams.get('scope')).toContain(CALENDAR_SCOPE)

    const second = await runInTerminal(command, env)
    expect(second).toMatchObject({ code: 0 })
    expect(second.screen.trim()).toBe("{ items: [ { summary: 'Holidays' } ] }")
    expect(browser.opened).toHaveLength(1)
    expect(calendar.authorizations.every((value) => value?.startsWith('Bearer ey'))).toBe(true)
    expect(calendar.authorizations).toHaveLength(2)
  },
)

test('the quickstart in the test is the one that the README shows', async () => {
  const marker = '// From here on it is the quickstart of the README, as it stands.\n'
  const [, shown = ''] = (await readFile(program, 'utf8')).split(marker)
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(shown.trim())
})

async function startCalendar(): Promise<AsyncDisposable & { origin: string; authorizations: (string | undefined)[] }> {
  const authorizations: (string | undefined)[] = []
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ items: [{ summary: 'Holidays' }] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
