import { createAuthorizedFetch } from '@accountry/http'
import { type ScriptedServer, startScriptedServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import type { AccountsHostOptions } from '../src/main/index.ts'
import { closeAfterTest, type ElectronApp, openElectronApp, type TestWindow } from './support/electron-app.ts'

interface RequestWorld {
  readonly app: ElectronApp
  readonly window: TestWindow
  readonly api: ScriptedServer
  /** A request of the page, with tokens of the type that the host allows. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

async function openRequestWorld(options: Partial<AccountsHostOptions> = {}): Promise<RequestWorld> {
  const api = closeAfterTest(await startScriptedServer())
  const tokenTypes = { tasks: { origins: [api.origin] }, mail: { origins: [api.origin] } }
  const app = await openElectronApp(
    ({ manager }) => ({
      requests: {
        fetch: (account, authTokenType) => createAuthorizedFetch({ manager, account, authTokenType }),
        authTokenTypes: ['tasks'],
      },
      ...options,
    }),
    { authenticator: { tokenTypes } },
  )
  const window = app.openWindow()
  const account = await window.client.addAccount('com.example')
  const fetchTasks = window.client.fetch(account, 'tasks')
  return { app, window, api, fetch: (path, init) => fetchTasks(`${api.origin}${path}`, init) }
}

describe('a request of a page', () => {
  it('is sent by the main process with the token, which stays there', async () => {
    const { api, fetch, app } = await openRequestWorld()
    api.next({ status: 201, headers: { 'x-page': '2' }, json: { id: 7 } })
    const response = await fetch('/tasks?all=1', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"title":"write"}',
    })
    expect([response.status, response.ok, response.url]).toEqual([201, true, `${api.origin}/tasks?all=1`])
    expect(response.headers.get('x-page')).toBe('2')
    expect(await response.json()).toEqual({ id: 7 })
    const [request] = api.requests
    expect(request).toMatchObject({ method: 'POST', path: '/tasks?all=1', body: '{"title":"write"}' })
    expect(request?.headers).toMatchObject({ authorization: 'Bearer token-1', 'content-type': 'application/json' })
    expect(JSON.stringify(app.ipcMain.transcript)).not.toContain('token-1')
  })

  it('carries bytes both ways, and an answer without a body', async () => {
    const { api, fetch } = await openRequestWorld()
    api.next({ status: 200, rawBody: 'grüße' }, { status: 204 })
    const response = await fetch('/upload', { method: 'PUT', body: new TextEncoder().encode('bytes') })
    expect(await response.text()).toBe('grüße')
    expect(api.requests[0]?.body).toBe('bytes')
    expect((await fetch('/nothing')).status).toBe(204)
  })

  it('renews a rejected token in the main process', async () => {
    const { api, fetch } = await openRequestWorld()
    api.next({ status: 401 }, { status: 200, json: [] })
    expect((await fetch('/tasks')).status).toBe(200)
    expect(api.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('goes only where the token may go', async () => {
    const { api, window, app } = await openRequestWorld()
    const other = closeAfterTest(await startScriptedServer({ host: '127.0.0.2' }))
    const [account] = await window.client.getAccounts()
    const fetchTasks = window.client.fetch(account?.id ?? '', 'tasks')
    for (const url of [`${other.origin}/tasks`, 'http://example.com/', 'file:///etc/passwd', 'data:text/plain,x']) {
      await expect(fetchTasks(url), url).rejects.toMatchObject({ code: 'ERR_ORIGIN_NOT_ALLOWED' })
    }
    api.next({ status: 302, headers: { location: `${other.origin}/elsewhere` } })
    other.next({ status: 200, json: {} })
    await fetchTasks(`${api.origin}/tasks`)
    expect(other.requests.map(({ headers }) => headers['authorization'])).toEqual([undefined])
    expect(JSON.stringify(app.ipcMain.transcript)).not.toContain('token-1')
  })

  it('is refused for token types that the host does not list, and without any', async () => {
    const { window } = await openRequestWorld()
    const [account] = await window.client.getAccounts()
    const id = account?.id ?? ''
    await expect(window.client.fetch(id, 'mail')('https://a.example/')).rejects.toMatchObject({ code: 'ERR_DENIED' })
    await expect(window.client.fetch('gone', 'tasks')('https://a.example/')).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_NOT_FOUND',
    })
    const bare = await openElectronApp()
    await expect(bare.openWindow().client.fetch(id, 'tasks')('https://a.example/')).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    })
  })

  it.each([
    ['Authorization', 'Bearer other'],
    ['DPoP', 'x'],
    ['Cookie', 'a=b'],
    ['Host', 'evil.example'],
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['Proxy-Authorization', 'x'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['X-Split', 'a\r\nAuthorization: b'],
    ['X Space', 'a'],
  ])('cannot set %s', async (name, value) => {
    const { api, window } = await openRequestWorld()
    const [account] = await window.client.getAccounts()
    const request = {
      account: account?.id,
      authTokenType: 'tasks',
      url: `${api.origin}/`,
      method: 'GET',
      headers: [[name, value]],
    }
    expect(await window.send('request', [{ id: '1', request }])).toMatchObject({
      ok: false,
      error: { name: 'TypeError' },
    })
    expect(api.requests).toEqual([])
  })

  it.each([
    ['another method', { method: 'TRACE' }],
    ['a method that splits the request', { method: 'GET / HTTP/1.1\r\n' }],
    ['a relative URL', { url: '/tasks' }],
    ['a long URL', { url: `https://a.example/${'x'.repeat(9_000)}` }],
    ['many headers', { headers: Array.from({ length: 65 }, (_, index) => [`x-${index}`, 'a']) }],
    ['a header of three parts', { headers: [['a', 'b', 'c']] }],
    ['holes for headers', { headers: new Array(3) }],
    ['a body of another kind', { method: 'POST', body: { pipe: 'x' } }],
    ['a body with GET', { body: 'x' }],
    ['a large body', { method: 'POST', body: new Uint8Array(2_000) }],
    ['a member more', { credentials: 'include' }],
    ['a redirect of no kind', { redirect: 'everywhere' }],
  ])('is refused with %s', async (_name, change) => {
    const { api, window } = await openRequestWorld({ limits: { requestBytes: 1_000 } })
    const [account] = await window.client.getAccounts()
    const good = { account: account?.id, authTokenType: 'tasks', url: `${api.origin}/`, method: 'GET', headers: [] }
    expect(await window.send('request', [{ id: '1', request: { ...good, ...change } }])).toMatchObject({
      ok: false,
      error: { name: expect.stringMatching(/^(TypeError|RangeError)$/) },
    })
    expect(api.requests).toEqual([])
  })

  it('gives no cookie and no challenge of the service to the page', async () => {
    const { api, fetch } = await openRequestWorld()
    const headers = { 'set-cookie': 'session=1', 'www-authenticate': 'Basic', 'dpop-nonce': 'n', 'x-kept': 'yes' }
    api.next({ status: 200, headers, rawBody: '' })
    const response = await fetch('/')
    expect([...response.headers.keys()].filter((name) => name in headers)).toEqual(['x-kept'])
  })

  it('is answered up to a size', async () => {
    const { api, fetch } = await openRequestWorld({ limits: { responseBytes: 1_000 } })
    api.next({ status: 200, rawBody: 'x'.repeat(1_000) }, { status: 200, rawBody: 'x'.repeat(1_001) })
    expect((await (await fetch('/')).text()).length).toBe(1_000)
    await expect(fetch('/')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
  })

  it.each([
    ['in the body', (token: string) => ({ status: 200, json: { headers: { authorization: `Bearer ${token}` } } })],
    ['in a header', (token: string) => ({ status: 200, headers: { 'x-echo': token }, rawBody: '' })],
  ])('is not answered through when the service sends the token back %s', async (_name, echo) => {
    const { api, fetch, app } = await openRequestWorld()
    api.next(({ headers }) => echo(String(headers['authorization']).replace('Bearer ', '')))
    await expect(fetch('/debug')).rejects.toMatchObject({ code: 'ERR_DENIED' })
    expect(JSON.stringify(app.ipcMain.transcript)).not.toContain('token-1')
  })

  it('fails like a network, and says nothing of what was sent', async () => {
    const { api, fetch } = await openRequestWorld()
    api.next({ destroySocket: 'beforeHeaders' })
    const error = await fetch('/').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_NETWORK' })
    expect(JSON.stringify(error)).not.toContain('token-1')
  })

  it('is given up when the page gives it up', async () => {
    const { api, fetch } = await openRequestWorld()
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    api.next(async () => {
      resolve()
      await new Promise(() => undefined)
      return { status: 200 }
    })
    const giveUp = new AbortController()
    const response = fetch('/slow', { signal: giveUp.signal }).catch((error: unknown) => error)
    await arrived
    const reason = new TypeError('of the page')
    giveUp.abort(reason)
    expect(await response).toBe(reason)
    await expect(fetch('/', { signal: giveUp.signal })).rejects.toBe(reason)
    expect(api.requests).toHaveLength(1)
  })

  it('follows a redirect, hands it over or fails at it, as the page says', async () => {
    const { api, fetch } = await openRequestWorld()
    const moved = { status: 302, headers: { location: '/moved' }, rawBody: '' }
    api.next(moved, { status: 200, rawBody: 'there' }, moved, moved)
    const followed = await fetch('/')
    expect([await followed.text(), followed.url]).toEqual(['there', `${api.origin}/moved`])
    expect((await fetch('/', { redirect: 'manual' })).status).toBe(302)
    await expect(fetch('/', { redirect: 'error' })).rejects.toMatchObject({ code: 'ERR_NETWORK' })
    expect(api.requests.map(({ path }) => path)).toEqual(['/', '/moved', '/', '/'])
  })
})
