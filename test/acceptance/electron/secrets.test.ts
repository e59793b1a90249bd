import { AccountError } from '@accountry/accounts'
import { createCanaries } from '@accountry/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { BRIDGE_CALLS } from '../../../packages/electron/src/bridge/channels.ts'
import { ACCOUNT_EVENTS } from '../../../packages/electron/src/bridge/events.ts'
import { openElectronApp } from '../../../packages/electron/test/support/electron-app.ts'
import { buildPreloadScript, runPreloadScript } from './support/preload-script.ts'

let script: string
beforeAll(async () => {
  script = await buildPreloadScript()
})

describe('what crosses between the processes', () => {
  it('J-03: holds no password, refresh token, key or token, whatever a page asks and whatever happens', async () => {
    const canaries = createCanaries()
    const { openWindow, ipcMain, world, refusals } = await openElectronApp(
      { limits: { callsPerSecond: 10_000, interactionsPerMinute: 10_000 } },
      { authenticator: { canUpdate: true, canConfirm: true } },
    )
    const { client, exposed, send } = openWindow({ preload: (renderer) => runPreloadScript(script, renderer) })
    for (const event of ACCOUNT_EVENTS) client.on(event, () => undefined)
    const token = { value: canaries.canary('access token'), expiresAt: world.clock.now() + 600_000 }
    world.authenticator.always('addAccount', {
      name: 'ana@example.com',
      password: canaries.canary('refresh token'),
      fields: { 'dpop-key': canaries.canary('key') },
      tokens: { tasks: token },
      claims: { email: 'ana@example.com' },
    })
    world.authenticator.always('getAuthToken', token)
    const account = await client.addAccount('com.example')
    await world.manager.setUserData(account, 'theme', 'dark')
    const requests: unknown[] = [undefined, { account: account.id }, { account: account.id, authTokenType: 'tasks' }]
    requests.push({ type: 'com.example' }, { account: account.id, authority: 'tasks' }, {})
    for (const call of BRIDGE_CALLS.filter((name) => name !== 'removeAccount')) {
      for (const [index, request] of requests.entries()) await send(call, [{ id: `${call}${index}`, request }])
    }
    for (const name of ['getPassword', 'getUserData', 'peekAuthToken', 'export', 'invoke', 'finishSession']) {
      await expect(send(name, [{ id: name, request: { account: account.id } }])).rejects.toThrow('No handler')
      expect(exposed).not.toHaveProperty(name)
    }
    world.authenticator.next(
      'updateCredentials',
      new AccountError('ERR_SERVER', 'the service failed', { cause: new Error(canaries.canary('cause')) }),
      new Error(canaries.canary('foreign error')),
    )
    for (let count = 0; count < 2; count++) await client.updateCredentials(account).catch((error: unknown) => error)
    await world.manager.getAuthToken(account, 'tasks', { forceRefresh: true })
    await world.manager.setPassword(account, canaries.canary('another refresh token'))
    world.manager.lock()
    await client.unlock()
    await world.manager.flush()
    await client.removeAccount(account)
    expect(ipcMain.transcript.length).toBeGreaterThan(100)
    await canaries.expectNoCanary({ values: { transcript: ipcMain.transcript, refusals } })
  })
})
