import { describe, expect, it } from 'vitest'
import { exposeAccounts } from '../src/preload/index.ts'
import { createAccountsClient } from '../src/renderer/index.ts'
import { openElectronApp } from './support/electron-app.ts'
import { FakeWebContents, type FakeWebPreferences } from './support/fake-frames.ts'
import { FakeIpcMain } from './support/fake-ipc.ts'
import { FakeRenderer } from './support/fake-renderer.ts'

function rendererWith(preferences: FakeWebPreferences): FakeRenderer {
  return new FakeRenderer(new FakeWebContents(new FakeIpcMain(), 'app://main/', preferences))
}

describe('the preload script', () => {
  it.each([
    ['without context isolation', { contextIsolation: false }],
    ['without a sandbox', { sandbox: false }],
    ['with Node', { nodeIntegration: true }],
  ])('exposes nothing to a page %s', (_name, preferences) => {
    const renderer = rendererWith(preferences)
    expect(() => exposeAccounts(renderer.electron, { process: renderer.process })).toThrow(TypeError)
    expect(Object.keys(renderer.mainWorld)).toEqual([])
  })

  it('exposes to a page without a sandbox only when it is told to, and to one without isolation never', () => {
    const unsandboxed = rendererWith({ sandbox: false })
    exposeAccounts(unsandboxed.electron, { process: unsandboxed.process, allowUnsandboxed: true })
    expect(Object.keys(unsandboxed.mainWorld)).toHaveLength(1)
    const { electron, process } = rendererWith({ contextIsolation: false })
    expect(() => exposeAccounts(electron, { process, allowUnsandboxed: true })).toThrow(/contextIsolation/)
  })

  it('names channels itself, whatever the page passes', async () => {
    const { openWindow, ipcMain } = await openElectronApp()
    const { exposed } = openWindow()
    await exposed.getAccounts('other-channel' as never, { toString: () => 'id' } as never)
    await exposed.cancel(Symbol.iterator.toString())
    exposed.on('__proto__' as never, () => undefined)
    exposed.on('constructor' as never, () => undefined)()
    const channels = ipcMain.transcript.filter(({ to }) => to === 'main').map(({ channel }) => channel)
    expect(new Set(channels)).toEqual(
      new Set(['accountry:getAccounts', 'accountry:cancel', 'accountry:subscribe', 'accountry:unsubscribe']),
    )
  })
})

describe('a value that cannot cross', () => {
  it('is a TypeError, not a host that is gone', async () => {
    const { openWindow } = await openElectronApp()
    const { client } = openWindow()
    await expect(client.sync.requestSync({ extras: { run: (() => 1) as never } })).rejects.toThrow(TypeError)
  })
})

describe('the client of a page', () => {
  it('says what is missing when there is no preload script', () => {
    expect(() => createAccountsClient()).toThrow(/preload/)
    expect(() => createAccountsClient({ exposed: null as never })).toThrow(TypeError)
  })

  it('finds what was exposed under its name', async () => {
    const { openWindow } = await openElectronApp()
    const { exposed } = openWindow()
    Object.assign(globalThis, { accountry: exposed })
    try {
      expect(await createAccountsClient().getAccounts()).toEqual([])
    } finally {
      Reflect.deleteProperty(globalThis, 'accountry')
    }
  })

  it('ends a call in the main process when its signal is aborted, before and after it was sent', async () => {
    const { openWindow, world } = await openElectronApp()
    const { client } = openWindow()
    await expect(client.addAccount('com.example', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    expect(world.authenticator.count('addAccount')).toBe(0)
    world.authenticator.hold('addAccount')
    const giveUp = new AbortController()
    const answer = client.addAccount('com.example', { signal: giveUp.signal }).catch((error: unknown) => error)
    await world.authenticator.whenCalled('addAccount')
    giveUp.abort()
    expect(await answer).toMatchObject({ code: 'ERR_ABORTED' })
  })

  it('refuses what is no account with a TypeError', async () => {
    const { openWindow } = await openElectronApp()
    const { client } = openWindow()
    await expect(client.removeAccount({} as never)).rejects.toThrow(TypeError)
    await expect(client.getAccountInfo('')).rejects.toThrow(TypeError)
  })

  it('hears each event once for each listener, however often it was added', async () => {
    const { openWindow, world } = await openElectronApp()
    const { client } = openWindow()
    const heard: string[] = []
    const listener = ({ account }: { account: { name: string } }): void => void heard.push(account.name)
    client.on('account:added', listener).on('account:added', listener)
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.manager.flush()
    client.off('account:added', listener).off('account:added', listener)
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ben' })
    await world.manager.flush()
    expect(heard).toEqual(['ana'])
  })
})
