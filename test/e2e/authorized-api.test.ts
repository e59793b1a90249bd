import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AuthorizationServer,
  createFakeKeyProvider,
  startAuthorizationServer,
  startTaskApi,
  type TaskApi,
} from '@accountry/testing'
import { type Account, type Accountry, createOAuthAuthenticator, openAccountry } from 'accountry'
import { describe, expect, test } from 'vitest'

interface Scene {
  readonly server: AuthorizationServer
  readonly api: TaskApi
  readonly accountry: Accountry
  readonly account: Account
}

/** One account that has signed in at a real server, and a real API that checks its tokens. */
async function withAccount(dpop: 'never' | 'require', act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await startAuthorizationServer()
  const scopes = { read: 'tasks.read', write: 'tasks.write' }
  await using api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] }, scopes })
  await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-e2e-'))
  await using accountry = await openAccountry({
    app: { id: 'com.example.tasks' },
    directory: folder.path,
    keyProvider: createFakeKeyProvider(),
    interaction: server.browser('ana'),
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer: server.issuer,
        clientId: server.clientId,
        dpop,
        tokenTypes: { tasks: { scopes: ['tasks.read'], origins: [api.url] } },
      }),
    ],
  })
  const account = await accountry.account('com.example', { interaction: 'allow' })
  await act({ server, api, accountry, account })
}

describe.each(['never', 'require'] as const)('an authorised fetch at a real API, with DPoP %s', (dpop) => {
  test('is answered, and repeats once with another token after a 401', async () => {
    await withAccount(dpop, async ({ server, api, accountry, account }) => {
      const send = accountry.fetch(account, 'tasks')
      expect(await (await send(`${api.url}/tasks`)).json()).toMatchObject([{ title: 'Buy milk' }])
      api.rejectNext(401, 'Bearer error="invalid_token"')
      expect((await send(`${api.url}/tasks`)).status).toBe(200)
      expect(api.requests.map(({ status }) => status)).toEqual([200, 401, 200])
      expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
      const scheme = dpop === 'require' ? /^DPoP / : /^Bearer /
      for (const { headers } of api.requests) expect(headers.authorization).toMatch(scheme)
    })
  })

  test('says which rights are missing, and spends no refresh on it', async () => {
    await withAccount(dpop, async ({ server, api, accountry, account }) => {
      const body = JSON.stringify({ title: 'Call Ben' })
      await expect(
        accountry.fetch(account, 'tasks')(`${api.url}/tasks`, { method: 'POST', body }),
      ).rejects.toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED', challenge: { scopes: ['tasks.write'] }, account })
      expect(server.requestsTo('token', 'refresh_token')).toEqual([])
      expect(await accountry.accounts.getAccountInfo(account)).toMatchObject({ state: 'ok' })
    })
  })
})
