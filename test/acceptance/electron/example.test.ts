// The example app, with its page in Chromium and a fake of Electron between the two.

import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { volatileKey } from 'accountry/keychain'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { startAgenda } from '../../../examples/electron-app/agenda.ts'
import { FakeShell } from '../../../packages/electron/test/support/fake-app.ts'
import { FakeWebContents } from '../../../packages/electron/test/support/fake-frames.ts'
import { FakeIpcMain } from '../../../packages/electron/test/support/fake-ipc.ts'
import { ROOT } from '../../support/repository.ts'
import { chromiumPath, openChromiumPage } from './support/chromium-page.ts'
import { buildPreloadScript } from './support/preload-script.ts'

const ORIGIN = 'https://agenda.example'
const PAGE = join(ROOT, 'examples/electron-app/page')

async function pageScript(): Promise<string> {
  const bundle = await rolldown({ input: join(PAGE, 'page.ts'), platform: 'browser' })
  try {
    return (await bundle.generate({ format: 'esm' })).output[0].code
  } finally {
    await bundle.close()
  }
}

describe.runIf(chromiumPath !== undefined)('the example app', () => {
  it('takes an account from empty to removed in its window, and counts in its badge who has to sign in', async () => {
    await using server = await startAuthorizationServer()
    await using api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] } })
    await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-agenda-'))
    const ipcMain = new FakeIpcMain()
    const shell = new FakeShell()
    shell.browse = async (url) => void (await fetch(await server.signIn(url)))
    const badges: number[] = []
    let settingsOpened = 0
    await using agenda = await startAgenda(
      {
        ipcMain,
        shell,
        showBadge: (count) => void badges.push(count),
        openSettings: async () => void settingsOpened++,
      },
      {
        service: { issuer: server.issuer, clientId: server.clientId, api: api.url },
        origin: ORIGIN,
        directory: folder.path,
        keyProvider: volatileKey(),
      },
    )
    const contents = new FakeWebContents(ipcMain, `${ORIGIN}/index.html`)
    agenda.host.attach(contents)
    await using chromium = await openChromiumPage(contents, await buildPreloadScript())
    const { page } = chromium
    const [, body = ''] = /<body>([\s\S]*)<script/.exec(await readFile(join(PAGE, 'index.html'), 'utf8')) ?? []
    await page.evaluate(`document.body.innerHTML = ${JSON.stringify(body)}`)
    await page.addScriptTag({ type: 'module', content: await pageScript() })

    await page.getByRole('button', { name: 'Add account' }).click()
    await page.getByText('ana@example.com: signed in').waitFor()
    await page.getByRole('button', { name: 'Sync now' }).click()
    await expect.poll(() => api.requests.filter(({ subject }) => subject === 'ana').length).toBeGreaterThan(0)

    const { accounts } = agenda.accountry
    const [account] = await accounts.getAccounts()
    if (account === undefined) throw new Error('no account')
    await server.revokeGrant((await accounts.getPassword(account)) ?? '')
    await accounts.invalidateAuthToken(await accounts.getAuthToken(account, 'tasks'))
    await accounts.getAuthToken(account, 'tasks').catch(() => undefined)
    await page.getByText('ana@example.com: sign in again').waitFor()
    await expect.poll(() => badges.at(-1)).toBe(1)
    await page.getByRole('button', { name: 'Sign in again' }).click()
    await page.getByText('ana@example.com: signed in').waitFor()
    await expect.poll(() => badges.at(-1)).toBe(0)

    await page.getByRole('button', { name: 'Settings' }).click()
    await expect.poll(() => settingsOpened).toBe(1)
    await page.getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => page.getByRole('listitem').count()).toBe(0)
    expect(await accounts.getAccounts()).toEqual([])
    expect(await page.getByRole('alert').textContent()).toBe('')
  }, 60_000)
})
