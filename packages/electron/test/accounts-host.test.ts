import { AccountError } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { BRIDGE_CALLS } from '../src/bridge/channels.ts'
import { createAccountsHost } from '../src/main/index.ts'
import { isAccountError } from '../src/renderer/index.ts'
import { openElectronApp } from './support/electron-app.ts'

const denied = { ok: false, error: { name: 'AccountError', code: 'ERR_DENIED' } }

describe('a host', () => {
  it('lets a page list, add, rename, repair and remove accounts', async () => {
    const { openWindow, world } = await openElectronApp({}, { authenticator: { canUpdate: true, canConfirm: true } })
    world.authenticator.next('confirmCredentials', true)
    const { client } = openWindow()
    expect(await client.getAccounts()).toEqual([])
    const account = await client.addAccount('com.example')
    expect(await client.getAccounts()).toEqual([account])
    const renamed = await client.renameAccount(account, 'ana at home')
    expect(renamed).toEqual({ ...account, name: 'ana at home' })
    expect((await client.getAccountInfo(account)).previousName).toBe(account.name)
    await client.setDefaultAccount('com.example', account)
    expect(await client.getDefaultAccount('com.example')).toEqual(renamed)
    await client.setDefaultAccount('com.example', undefined)
    expect(await client.getDefaultAccount('com.example')).toBeUndefined()
    expect(await client.updateCredentials(account)).toMatchObject({ id: account.id })
    expect(await client.confirmCredentials(account)).toBe(true)
    expect(await client.removeAccount(account)).toBe('removed')
    expect(await client.removeAccount(account)).toBe('not-found')
  })

  it('tells a page of types and health, without scopes, origins and folders', async () => {
    const { openWindow, world } = await openElectronApp(
      {},
      { authenticator: { tokenTypes: { tasks: { label: 'Tasks', scopes: ['x'], origins: ['https://a.example'] } } } },
    )
    const { client } = openWindow()
    expect(await client.getAccountTypes()).toEqual([
      expect.objectContaining({ type: 'com.example', authTokenTypes: { tasks: 'Tasks' } }),
    ])
    const health = await client.health()
    expect(health).toMatchObject({ ok: true, locked: false })
    expect(JSON.stringify(health)).not.toContain(world.directory)
  })

  it('brings errors across whole, and rebuilds them', async () => {
    const { openWindow, world } = await openElectronApp({}, { authenticator: { canUpdate: true } })
    const { client } = openWindow()
    const account = await client.addAccount('com.example')
    const candidates = [account]
    const challenge = { scopes: ['a', 'b'], maxAgeS: 5 }
    world.authenticator.next(
      'updateCredentials',
      new AccountError('ERR_INTERACTION_REQUIRED', 'sign in at the desk', {
        reason: 'step_up',
        account,
        candidates,
        challenge,
        retryAt: 5,
      }),
    )
    const error = await client.updateCredentials(account).catch((thrown: unknown) => thrown)
    expect(isAccountError(error)).toBe(true)
    expect(error).toBeInstanceOf(AccountError)
    expect(error).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      message: 'sign in at the desk',
      reason: 'step_up',
      action: 'sign-in',
      account,
      candidates,
      challenge,
      retryAt: 5,
    })
    await expect(client.getAccountInfo('gone')).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
  })

  it('brings wrong arguments across as TypeError and RangeError', async () => {
    const { openWindow } = await openElectronApp()
    const { client } = openWindow()
    await expect(client.renameAccount('some', '\u0000')).rejects.toThrow(TypeError)
    await expect(client.addAccount('x'.repeat(600))).rejects.toThrow(RangeError)
    await expect(client.getAccountInfos({ limit: 501 })).rejects.toThrow(RangeError)
    await expect(client.addAccount('com.unknown')).rejects.toMatchObject({ code: 'ERR_AUTHENTICATOR_NOT_FOUND' })
  })

  it('says nothing of errors that are not for pages', async () => {
    const { openWindow, refusals } = await openElectronApp((world) => ({
      signIn: {
        addAccount: async () => {
          throw new Error('password hunter2hunter2 at /home/ana')
        },
        updateCredentials: async (account, options) => await world.manager.updateCredentials(account, options),
      },
    }))
    const error = await openWindow()
      .client.addAccount('com.example')
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATOR_FAILED' })
    expect(JSON.stringify([error, String(error), refusals])).not.toMatch(/hunter2|home/)
  })

  it('makes plain values of errors that hold what cannot be cloned', async () => {
    let thrown: unknown
    const fail = async (): Promise<never> => {
      throw thrown
    }
    const { openWindow } = await openElectronApp({ signIn: { addAccount: fail, updateCredentials: fail } })
    const { client } = openWindow()
    thrown = new AccountError('ERR_SERVER', 'strange', { challenge: { claims: (() => 'x') as never, scopes: ['a'] } })
    await expect(client.addAccount('com.example')).rejects.toMatchObject({
      code: 'ERR_SERVER',
      challenge: { scopes: ['a'] },
    })
    thrown = new AccountError('ERR_SERVER', 'broken', { retryAt: 5n as never })
    await expect(client.addAccount('com.example')).rejects.toMatchObject({ code: 'ERR_AUTHENTICATOR_FAILED' })
  })

  it('quotes no error of Node or of a library, whose messages quote values', async () => {
    const thrown: unknown[] = [
      Object.assign(new TypeError("Received 'hunter2hunter2'"), { code: 'ERR_INVALID_ARG_TYPE' }),
      new TypeError('Bearer hunter2hunter2 is no header', { cause: new Error('hunter2hunter2') }),
      new Error('hunter2hunter2'),
      'hunter2hunter2',
    ]
    const fail = async (): Promise<never> => {
      throw thrown[0]
    }
    const { openWindow, ipcMain } = await openElectronApp({ signIn: { addAccount: fail, updateCredentials: fail } })
    const { client } = openWindow()
    for (; thrown.length > 0; thrown.shift()) {
      await expect(client.addAccount('com.example')).rejects.toMatchObject({ code: 'ERR_AUTHENTICATOR_FAILED' })
    }
    expect(JSON.stringify(ipcMain.transcript)).not.toContain('hunter2')
  })

  it('serves only windows that were attached, until they are detached', async () => {
    const { openWindow, refusals } = await openElectronApp()
    const stranger = openWindow({ attach: false })
    expect(await stranger.send('getAccounts', [{ id: '1' }])).toMatchObject(denied)
    const friend = openWindow()
    expect(await friend.client.getAccounts()).toEqual([])
    friend.detach()
    await expect(friend.client.getAccounts()).rejects.toMatchObject({ code: 'ERR_DENIED' })
    expect(refusals).toContainEqual({ event: 'bridge_refused', call: 'getAccounts', why: 'not-attached' })
  })

  it('grants a window what it was given, and no event of the rest', async () => {
    const { openWindow, world } = await openElectronApp()
    const badge = openWindow({ calls: ['openSettings'] })
    await expect(badge.client.getAccounts()).rejects.toMatchObject({ code: 'ERR_DENIED' })
    await expect(badge.client.openSettings()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    const heard: unknown[] = []
    badge.client.on('account:added', (event) => heard.push(event))
    await world.manager.addAccount('com.example')
    await world.manager.flush()
    expect(heard).toEqual([])
  })

  it('keeps two windows apart: what one cancels or loses is not the other’s', async () => {
    const { openWindow, world } = await openElectronApp()
    const [one, two] = [openWindow(), openWindow()]
    world.authenticator.hold('addAccount')
    const answer = one.client.addAccount('com.example')
    await world.authenticator.whenCalled('addAccount')
    await two.send('cancel', [{ id: 'anything' }])
    two.contents.destroy()
    world.authenticator.release('addAccount')
    expect((await answer).type).toBe('com.example')
  })

  it('closes: handlers are gone, calls under way are aborted, the manager stays open', async () => {
    const { openWindow, world, host, ipcMain } = await openElectronApp()
    const { client } = openWindow()
    world.authenticator.hold('addAccount')
    const answer = client.addAccount('com.example').catch((error: unknown) => error)
    await world.authenticator.whenCalled('addAccount')
    await host.close()
    expect(await answer).toMatchObject({ code: 'ERR_ABORTED' })
    expect(ipcMain.channels).toEqual([])
    await expect(client.getAccounts()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('registers one channel for each call, and no other', async () => {
    const { ipcMain } = await openElectronApp()
    const names = [...BRIDGE_CALLS, 'subscribe', 'unsubscribe', 'cancel'].map((name) => `accountry:${name}`)
    expect(ipcMain.channels).toEqual(names.sort())
  })

  it('refuses wrong options by name', async () => {
    const { ipcMain, world } = await openElectronApp()
    const good = { ipcMain, accounts: world.manager, origins: ['app://main'] }
    const wrong: [object, RegExp][] = [
      [{ ipcMain: {} }, /ipcMain\.handle/],
      [{ accounts: {} }, /accounts\.getAccounts/],
      [{ sync: {} }, /sync\.requestSync/],
      [{ origins: [] }, /origins/],
      [{ signIn: {} }, /signIn\.addAccount/],
      [{ requests: { fetch } }, /requests\.authTokenTypes/],
      [{ requests: { fetch: 1, authTokenTypes: [] } }, /requests\.fetch/],
      [{ exposeAuthTokens: ['tasks'] }, /exposeAuthTokens\[0\]/],
      [{ exposeAuthTokens: [{ accountType: 'a', authTokenType: 'b', maxLifetimeMs: 0 }] }, /maxLifetimeMs/],
      [{ openSettings: true }, /openSettings/],
      [{ limits: { parallelCalls: 0 } }, /parallelCalls/],
    ]
    for (const [option, message] of wrong) {
      expect(() => createAccountsHost({ ...good, ...option } as never)).toThrow(message)
    }
    expect(() => createAccountsHost(undefined as never)).toThrow(TypeError)
  })

  it('refuses what is no window, and calls that there are not', async () => {
    const { host, openWindow } = await openElectronApp()
    const { contents } = openWindow({ attach: false })
    expect(() => host.attach({} as never)).toThrow(TypeError)
    expect(() => host.attach(contents, { calls: ['getPassword' as never] })).toThrow(TypeError)
    expect(() => host.attach({ webContents: contents })).not.toThrow()
    contents.destroy()
    expect(() => host.attach(contents)).toThrow(/destroyed/)
  })
})
