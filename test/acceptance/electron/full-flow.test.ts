import { systemClock } from '@accountry/accounts'
import { claimAppLinks, electronInteraction } from '@accountry/electron/main'
import { createAuthorizedFetch } from '@accountry/http'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { SyncManager } from '@accountry/sync'
import { createCanaries, createFakeSyncAdapter, startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { closeAfterTest, openElectronApp } from '../../../packages/electron/test/support/electron-app.ts'
import { FakeDesktop, FakeShell } from '../../../packages/electron/test/support/fake-app.ts'
import { buildPreloadScript, runPreloadScript } from './support/preload-script.ts'

const TYPE = 'com.example'
const REDIRECT = 'com.example.app:/signed-in'

let script: string
beforeAll(async () => {
  script = await buildPreloadScript()
})

/** The whole app as a person has it: three processes, a real service, and a browser that comes back through a link. */
async function openAgenda() {
  const server = closeAfterTest(await startAuthorizationServer({ appRedirectUris: [REDIRECT] }))
  const api = closeAfterTest(await startTaskApi({ issuer: server.issuer, users: { ana: ['write'] } }))
  const desktop = new FakeDesktop()
  const app = desktop.launch()
  const shell = new FakeShell()
  // The browser ends with a link, for which the system starts the app once more.
  shell.browse = async (url) => {
    const link = (await server.signIn(url)).href
    desktop.launch('--flag', link).requestSingleInstanceLock()
  }
  const links = claimAppLinks({ app, shell, redirectUri: REDIRECT, process: app.process })
  const adapter = createFakeSyncAdapter({
    accountType: TYPE,
    isAlwaysSyncable: true,
    always: async ({ getAuthToken, result }) => {
      const { value } = await getAuthToken('tasks')
      const response = await fetch(`${api.url}/tasks`, { headers: { authorization: `Bearer ${value}` } })
      result.stats.numInserts = ((await response.json()) as unknown[]).length
    },
  })
  let sync: SyncManager | undefined
  const authenticator = createOAuthAuthenticator({
    type: TYPE,
    label: 'Tasks',
    issuer: server.issuer,
    clientId: server.clientId,
    flow: 'app-link',
    redirectUri: REDIRECT,
    tokenTypes: { tasks: { scopes: ['tasks.read', 'tasks.write'], origins: [api.url], label: 'Tasks' } },
  })
  const electron = await openElectronApp(
    async ({ manager }) => {
      sync = closeAfterTest(await SyncManager.open({ accounts: manager, adapters: [adapter] }))
      sync.start()
      return {
        sync,
        clock: systemClock,
        signIn: links.signInWith(manager, [TYPE]),
        requests: {
          fetch: (account, authTokenType) => createAuthorizedFetch({ manager, account, authTokenType }),
          authTokenTypes: ['tasks'],
        },
      }
    },
    { authenticators: [authenticator], clock: systemClock, interaction: electronInteraction(shell) },
  )
  const window = electron.openWindow({ preload: (renderer) => runPreloadScript(script, renderer) })
  return { server, api, adapter, electron, window, shell, manager: electron.world.manager }
}

describe('an app with accounts', () => {
  it('goes from empty to removed, as a person uses it', async () => {
    const { server, api, adapter, electron, window, shell, manager } = await openAgenda()
    const { client } = window
    const canaries = createCanaries()
    const heard: string[] = []
    client.on('account:added', ({ account }) => heard.push(`added ${account.name}`))
    client.on('account:renamed', ({ account }) => heard.push(`renamed ${account.name}`))
    client.on('account:removed', ({ account }) => heard.push(`removed ${account.name}`))
    client.on('sync:finished', ({ result }) => heard.push(`sync ${result}`))

    expect(await client.getAccounts()).toEqual([])
    expect(await client.getAccountTypes()).toMatchObject([{ type: TYPE, label: 'Tasks' }])
    const account = await client.addAccount(TYPE)
    expect(account.name).toBe('ana@example.com')
    expect(new URL(shell.opened[0] ?? '').origin).toBe(server.issuer)
    expect(await client.getAccountInfos()).toMatchObject([{ account, state: 'ok' }])

    canaries.adopt('refresh token', (await manager.getPassword(account)) ?? '')
    const token = await manager.getAuthToken(account, 'tasks')
    canaries.adopt('access token', token.value)

    const renamed = await client.renameAccount(account, 'Ana at work')
    const fetchTasks = client.fetch(renamed, 'tasks')
    await fetchTasks(`${api.url}/tasks`, { method: 'POST', body: JSON.stringify({ title: 'rest' }) })
    expect(await (await fetchTasks(`${api.url}/tasks`)).json()).toMatchObject([{ title: 'write' }, { title: 'rest' }])

    const target = { account: renamed, authority: 'tasks' }
    const outcome = await client.sync.performSync({ ...target, manual: true })
    expect(outcome).toMatchObject({ outcome: 'success', stats: { numInserts: 2 } })
    expect(await client.sync.getHistory({ limit: 1 })).toMatchObject([{ outcome: 'success' }])
    expect(adapter.runs.length).toBeGreaterThan(0)

    expect(await client.updateCredentials(renamed)).toMatchObject({ id: account.id })
    canaries.adopt('second refresh token', (await manager.getPassword(account)) ?? '')
    expect(await client.removeAccount(renamed)).toBe('removed')
    await manager.flush()
    expect(await client.getAccounts()).toEqual([])
    expect(heard).toEqual(
      expect.arrayContaining(['added ana@example.com', 'renamed Ana at work', 'sync success', 'removed Ana at work']),
    )
    await canaries.expectNoCanary({
      values: { transcript: electron.ipcMain.transcript, refusals: electron.refusals },
      directories: [manager.directory],
    })
  })
})
