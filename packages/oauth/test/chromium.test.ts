// A real browser, which nobody has to click: the server signs its person in by itself. `apt-get install chromium`.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '@accountry/accounts'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { openTestManager, startAuthorizationServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (chromium === undefined) console.warn('SKIPPED: no Chromium here; install it to run the sign-in with a real browser')

describe.skipIf(chromium === undefined)('a real browser', () => {
  it.each(['http://127.0.0.1/callback', 'http://localhost/callback'])(
    'comes back to %s, and its last page shows nothing of the code',
    async (redirectUri) => {
      const profile = await mkdtemp(join(tmpdir(), 'accountry-chromium-'))
      const server = await startAuthorizationServer()
      const shown: string[] = []
      const openBrowser = async ({ url }: { url: URL }): Promise<void> => {
        const flags = [
          '--headless=new',
          '--no-sandbox',
          '--disable-gpu',
          '--no-first-run',
          `--user-data-dir=${profile}`,
        ]
        const { stdout } = await promisify(execFile)(chromium ?? '', [...flags, '--dump-dom', url.href])
        shown.push(stdout)
      }
      const world = await openTestManager({
        clock: systemClock,
        interaction: { openBrowser },
        authenticators: [
          createOAuthAuthenticator({
            type: 'com.example',
            label: 'Example',
            issuer: server.issuer,
            clientId: server.clientId,
            redirectUri,
            tokenTypes: { tasks: { scopes: ['tasks.read'] } },
          }),
        ],
      })
      const account = await world.manager.addAccount('com.example')
      expect(account.name).toBe('ana@example.com')
      while (shown.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      expect(shown[0]).toContain('You can close this window')
      await world.close()
      await server.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
    60_000,
  )
})
