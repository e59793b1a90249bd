import { createAuthorizedFetch } from '@accountry/http'
import { startScriptedServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest, openElectronApp } from '../../../packages/electron/test/support/electron-app.ts'
import { FakeWebContents } from '../../../packages/electron/test/support/fake-frames.ts'
import { chromiumPath, openChromiumPage } from './support/chromium-page.ts'
import { buildPreloadScript } from './support/preload-script.ts'

const ORIGIN = 'https://app.example'

if (chromiumPath === undefined) {
  const how = 'apt-get install chromium'
  if (process.env['CI'] !== undefined) throw new Error(`the page of Electron needs Chromium in CI: ${how}`)
  console.warn(`SKIPPED: the page of Electron is not tried in a browser here; ${how}`)
}

describe.runIf(chromiumPath !== undefined)('in the engine of Electron, the preload script and the client', () => {
  it('list, add, ask a service, fail and hear as they do in Node', async () => {
    const api = closeAfterTest(await startScriptedServer())
    api.next({ json: [{ title: 'write' }], headers: { 'x-page': '1' } })
    const tokenTypes = { tasks: { origins: [api.origin] } }
    const { host, ipcMain } = await openElectronApp(
      ({ manager }) => ({
        origins: [ORIGIN],
        requests: {
          fetch: (account, authTokenType) => createAuthorizedFetch({ manager, account, authTokenType }),
          authTokenTypes: ['tasks'],
        },
      }),
      { authenticator: { tokenTypes } },
    )
    const contents = new FakeWebContents(ipcMain, `${ORIGIN}/index.html`)
    host.attach(contents)
    const { page } = closeAfterTest(await openChromiumPage(contents, await buildPreloadScript()))
    const result: unknown = await page.evaluate(`(async () => {
      const renamed = new Promise((resolve) => client.on('account:renamed', ({ account }) => resolve(account.name)))
      const before = await client.getAccounts()
      const account = await client.addAccount('com.example')
      await client.renameAccount(account, 'Ana at work')
      const send = client.fetch(account, 'tasks')
      const response = await send('${api.origin}/tasks', { method: 'POST', body: JSON.stringify({ a: 'ü' }) })
      const answer = { status: response.status, page: response.headers.get('x-page'), body: await response.json() }
      const fails = async (run) => { try { await run() } catch (error) { return [error.constructor.name, error.code, isAccountError(error)] } }
      const gone = await fails(() => client.getAccountInfo('gone'))
      const wrong = await fails(() => client.addAccount('x'.repeat(600)))
      const elsewhere = await fails(() => send('https://evil.example/'))
      const given = await fails(() => client.addAccount('com.example', { signal: AbortSignal.abort() }))
      return { before, name: account.name, heard: await renamed, answer, gone, wrong, elsewhere, given, frozen: Object.isFrozen(accountry) }
    })()`)
    expect(result).toEqual({
      before: [],
      name: 'ana@example.com',
      heard: 'Ana at work',
      answer: { status: 200, page: '1', body: [{ title: 'write' }] },
      gone: ['AccountError', 'ERR_ACCOUNT_NOT_FOUND', true],
      wrong: ['RangeError', undefined, false],
      elsewhere: ['AccountError', 'ERR_ORIGIN_NOT_ALLOWED', true],
      given: ['AccountError', 'ERR_ABORTED', true],
      frozen: true,
    })
    expect(api.requests[0]).toMatchObject({ method: 'POST', body: '{"a":"ü"}' })
  })
})
