import { AccountManager } from '@accountry/accounts'
import { createFakeKeyProvider } from '@accountry/testing'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ORIGIN, openElectronApp, PAGE } from '../../../packages/electron/test/support/electron-app.ts'
import { FakeWebContents, type FakeWebPreferences } from '../../../packages/electron/test/support/fake-frames.ts'
import { FakeIpcMain } from '../../../packages/electron/test/support/fake-ipc.ts'
import { FakeRenderer } from '../../../packages/electron/test/support/fake-renderer.ts'
import { buildPreloadScript, runPreloadScript } from './support/preload-script.ts'

let script: string
beforeAll(async () => {
  script = await buildPreloadScript()
})
afterEach(() => {
  Reflect.deleteProperty(process, 'type')
})

const preload = (renderer: FakeRenderer): void => runPreloadScript(script, renderer)

/** What a page may call, written out: whoever adds a call decides it here again. */
const DOCUMENTED = [
  'addAccount',
  'cancel',
  'cancelSync',
  'confirmCredentials',
  'explainSync',
  'getAccountInfo',
  'getAccountInfos',
  'getAccountTypes',
  'getAccounts',
  'getAuthToken',
  'getCurrentSyncs',
  'getDefaultAccount',
  'getHealth',
  'getMasterSyncAutomatically',
  'getSyncAdapterTypes',
  'getSyncAutomatically',
  'getSyncHistory',
  'getSyncStatus',
  'on',
  'openSettings',
  'performSync',
  'removeAccount',
  'renameAccount',
  'request',
  'requestSync',
  'setDefaultAccount',
  'setMasterSyncAutomatically',
  'setSyncAutomatically',
  'unlock',
  'updateCredentials',
]

describe('the bridge', () => {
  it.each(['renderer', 'worker'])('J-01: a vault does not open in a %s process', async (type) => {
    Object.defineProperty(process, 'type', { value: type, configurable: true })
    const opening = AccountManager.open({ app: { id: 'com.example.agenda' }, keyProvider: createFakeKeyProvider() })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  it('J-02: a page sees the documented functions, frozen, and nothing that leads to Electron', async () => {
    const { openWindow, ipcMain } = await openElectronApp()
    const { contents } = openWindow({ preload })
    const renderer = new FakeRenderer(contents)
    preload(renderer)
    expect(Object.keys(renderer.mainWorld)).toEqual(['accountry'])
    const exposed = renderer.exposed('accountry')
    expect(Object.keys(exposed).sort()).toEqual(DOCUMENTED)
    expect(Object.values(exposed).every((member) => typeof member === 'function')).toBe(true)
    expect(Object.isFrozen(exposed)).toBe(true)
    expect(() => Object.assign(exposed, { getAccounts: () => [] })).toThrow(TypeError)
    expect(() => Object.assign(renderer.mainWorld, { accountry: {} })).toThrow(TypeError)
    expect(JSON.stringify(ipcMain.channels)).not.toMatch(/password|invoke|send/i)
  })

  it('J-04: a message from a frame inside, a stranger, after a navigation, or without a frame is refused', async () => {
    const { openWindow } = await openElectronApp()
    const { contents, send } = openWindow({ preload })
    const denied = { ok: false, error: { code: 'ERR_DENIED' } }
    expect(await send('getAccounts', [{ id: '1' }])).toEqual({ ok: true, value: [] })
    expect(await send('getAccounts', [{ id: '2' }], contents.addSubframe(PAGE))).toMatchObject(denied)
    expect(await send('getAccounts', [{ id: '3' }], null)).toMatchObject(denied)
    contents.navigate('https://evil')
    expect(await send('getAccounts', [{ id: '4' }])).toMatchObject(denied)
    contents.navigate(`${ORIGIN}.evil/index.html`)
    expect(await send('getAccounts', [{ id: '5' }])).toMatchObject(denied)
    contents.navigate(PAGE)
    expect(await send('getAccounts', [{ id: '6' }])).toEqual({ ok: true, value: [] })
    for (const args of [[], [{}, {}], ['id'], [{ id: 7 }], [{ id: '7', request: {} }]]) {
      expect(await send('getAccounts', args)).toMatchObject({ ok: false, error: { name: 'TypeError' } })
    }
  })

  it.each([
    ['nodeIntegration', { nodeIntegration: true }],
    ['no context isolation', { contextIsolation: false }],
    ['no sandbox', { sandbox: false }],
  ] as [string, FakeWebPreferences][])(
    'J-05: a window with %s gets no bridge, on either side',
    async (_name, preferences) => {
      const { host, ipcMain } = await openElectronApp()
      const contents = new FakeWebContents(ipcMain, PAGE, preferences)
      expect(() => host.attach(contents)).toThrow(TypeError)
      const renderer = new FakeRenderer(contents)
      expect(() => preload(renderer)).toThrow()
      expect(renderer.mainWorld).toEqual({})
      expect(() => host.attach(contents, { allowUnguarded: true })).not.toThrow()
    },
  )

  it('J-16: a window that is destroyed in the middle of a sign-in ends it, and nothing listens any more', async () => {
    const { openWindow, world } = await openElectronApp()
    const { contents, client } = openWindow({ preload })
    client.on('account:added', () => undefined)
    world.authenticator.hold('addAccount')
    const answer = client.addAccount('com.example').catch((error: unknown) => error)
    await world.authenticator.whenCalled('addAccount')
    contents.destroy()
    expect(await answer).toHaveProperty('code')
    expect(world.authenticator.callsOf('addAccount')[0]?.context.signal.aborted).toBe(true)
    expect(await world.manager.getAccounts()).toEqual([])
    world.authenticator.release('addAccount')
    expect(await openWindow({ preload }).client.addAccount('com.example')).toMatchObject({ type: 'com.example' })
  })

  it('the published preload script needs Electron and nothing else', () => {
    expect([...script.matchAll(/require\(["']([^"']+)["']\)/g)].map(([, name]) => name)).toEqual(['electron'])
    expect(script).not.toMatch(/^import |import\(|node:/m)
    const stranger = new FakeRenderer(new FakeWebContents(new FakeIpcMain(), PAGE))
    preload(stranger)
    expect(() => preload(stranger)).toThrow(/existing property/)
  })
})
