import { describe, expect, it } from 'vitest'
import { BRIDGE_CALLS } from '../src/bridge/channels.ts'
import { openElectronApp, PAGE, type TestWindow } from './support/electron-app.ts'
import { FakeWebContents } from './support/fake-frames.ts'
import { idsOf } from './support/fake-ipc.ts'

const denied = { ok: false, error: { name: 'AccountError', code: 'ERR_DENIED' } }
const wrongType = { ok: false, error: { name: 'TypeError' } }
const outOfRange = { ok: false, error: { name: 'RangeError' } }

/** What a page could send in place of a request, whatever the call. */
function strangeArguments(): [string, unknown[]][] {
  const cyclic: Record<string, unknown> = { id: '1' }
  cyclic['request'] = cyclic
  return [
    ['nothing', []],
    ['two arguments', [{ id: '1' }, {}]],
    ['null', [null]],
    ['a string', ['getAccounts']],
    ['an array', [[]]],
    ['a map', [new Map([['id', '1']])]],
    ['a date', [new Date()]],
    ['bytes', [new Uint8Array(8)]],
    ['an error', [new Error('id')]],
    ['no id', [{ request: undefined }]],
    ['a number as id', [{ id: 1 }]],
    ['an empty id', [{ id: '' }]],
    ['an id that is an object', [{ id: { toString: 'x' } }]],
    ['a member more', [{ id: '1', request: undefined, channel: 'getPassword' }]],
    ['a prototype', [JSON.parse('{"id":"1","__proto__":{"request":{}}}')]],
    ['a constructor', [{ id: '1', constructor: { prototype: {} } }]],
    ['a request in a circle', [cyclic]],
  ]
}

describe('whoever sends a message', () => {
  it('is refused in a frame inside the page, whatever it shows', async () => {
    const { openWindow, refusals } = await openElectronApp()
    const { contents, send } = openWindow()
    for (const url of [PAGE, 'https://evil.example/', 'about:blank', 'data:text/html,x']) {
      expect(await send('getAccounts', [{ id: '1' }], contents.addSubframe(url))).toMatchObject(denied)
    }
    expect(refusals).toContainEqual({ event: 'bridge_refused', call: 'getAccounts', why: 'subframe' })
  })

  it('is heard in a frame inside the page where the host allows it, if its own origin is one of the app', async () => {
    const { openWindow } = await openElectronApp({ allowSubframes: true })
    const { contents, send } = openWindow()
    expect(await send('getAccounts', [{ id: '1' }], contents.addSubframe(PAGE))).toEqual({ ok: true, value: [] })
    expect(await send('getAccounts', [{ id: '2' }], contents.addSubframe('https://evil.example/'))).toMatchObject(
      denied,
    )
  })

  it('is refused when its frame is gone, detached, destroyed or null', async () => {
    const { openWindow } = await openElectronApp()
    const { contents, send } = openWindow()
    expect(await send('getAccounts', [{ id: '1' }], null)).toMatchObject(denied)
    contents.mainFrame.detached = true
    expect(await send('getAccounts', [{ id: '2' }])).toMatchObject(denied)
    contents.mainFrame.detached = false
    contents.destroy()
    expect(await send('getAccounts', [{ id: '3' }])).toMatchObject(denied)
  })

  it('is refused as the main frame of another window', async () => {
    const { openWindow, ipcMain } = await openElectronApp()
    const { send } = openWindow()
    const popup = new FakeWebContents(ipcMain, PAGE)
    expect(await send('getAccounts', [{ id: '1' }], popup.mainFrame)).toMatchObject(denied)
  })

  it.each(['https://evil.example/', 'data:text/html,x', 'about:blank', 'file:///tmp/evil.html', 'app://other/'])(
    'is refused after the window went to %s',
    async (url) => {
      const { openWindow } = await openElectronApp()
      const { contents, send } = openWindow()
      contents.navigate(url)
      for (const call of [...BRIDGE_CALLS, 'subscribe', 'unsubscribe', 'cancel']) {
        expect(await send(call, [{ id: '1', event: 'account:added' }])).toMatchObject(denied)
      }
    },
  )

  it('is refused with what it sent as it went, although a page of the app is in its frame by now', async () => {
    const { openWindow, ipcMain } = await openElectronApp()
    const { contents } = openWindow()
    contents.navigate('https://evil.example/')
    const evil = idsOf(contents.mainFrame)
    contents.navigate(PAGE)
    const send = (sentBy: typeof evil) =>
      ipcMain.invoke(contents, contents.mainFrame, 'accountry:getAccounts', [{ id: '1' }], sentBy)
    expect(await send(evil)).toMatchObject(denied)
    expect(await send(idsOf(contents.mainFrame))).toEqual({ ok: true, value: [] })
  })

  it.each(['https://evil.example/', PAGE])('gets no answer that was meant for the page before, at %s', async (url) => {
    const { promise, resolve } = Promise.withResolvers<never>()
    const answer = async (): Promise<never> => await promise
    const { openWindow } = await openElectronApp({ signIn: { addAccount: answer, updateCredentials: answer } })
    const { contents, send } = openWindow()
    const received = send('addAccount', [{ id: '1', request: { type: 'com.example' } }])
    contents.navigate(url)
    resolve({ id: '1', type: 'com.example', name: 'ana@example.com' } as never)
    expect(await received).toMatchObject(denied)
  })

  it.each(['destroy', 'crash'] as const)('ends its sign-in with a %s of its window', async (ending) => {
    const { openWindow, world } = await openElectronApp()
    const { contents, client } = openWindow()
    world.authenticator.hold('addAccount')
    const answer = client.addAccount('com.example').catch((error: unknown) => error)
    await world.authenticator.whenCalled('addAccount')
    contents[ending]()
    expect(await answer).toMatchObject({ code: expect.stringMatching(/^ERR_(ABORTED|DENIED)$/) })
    expect(world.authenticator.callsOf('addAccount')[0]?.context.signal.aborted).toBe(true)
    expect(await world.manager.getAccounts()).toEqual([])
  })
})

describe('what a message says', () => {
  it.each(strangeArguments())('is refused for every call when it is %s', async (_name, args) => {
    const { openWindow, ipcMain } = await openElectronApp({ limits: { callsPerSecond: 1_000 } })
    const { send } = openWindow()
    for (const call of BRIDGE_CALLS) {
      expect(await send(call, args), call).toMatchObject({
        ok: false,
        error: { name: expect.stringMatching(/^(TypeError|RangeError)$/) },
      })
    }
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
    expect(JSON.stringify(ipcMain.transcript.filter(({ to }) => to === 'renderer'))).not.toContain('getPassword')
  })

  it.each([
    ['getAccountInfo', { account: 1 }],
    ['getAccountInfo', { account: ['id'] }],
    ['getAccountInfo', { account: { id: 'id' } }],
    ['getAccountInfo', {}],
    ['getAccountInfo', { account: 'x', secret: true }],
    ['getAccountInfos', { userData: { key: 'value' } }],
    ['getAccountInfos', { state: '__proto__' }],
    ['getAccountInfos', { limit: '5' }],
    ['addAccount', { type: 'com.example', options: { redirectUri: 'https://evil.example' } }],
    ['addAccount', { type: 'com.example', signal: {} }],
    ['addAccount', { type: 'com.example', ifExists: 'keep' }],
    ['confirmCredentials', { account: 'x', password: 'guess' }],
    ['updateCredentials', { account: 'x', options: {} }],
    ['setDefaultAccount', { type: null }],
    ['getAccountInfos', new Map([['limit', 5]])],
    ['requestSync', new Date(0)],
    ['requestSync', { extras: new Map() }],
    ['requestSync', { ignoreSettings: true }],
    ['requestSync', { manual: 'yes' }],
    ['requestSync', { extras: [] }],
    ['requestSync', { extras: { nested: { deep: true } } }],
    ['requestSync', { deletions: 'all' }],
    ['cancelSync', { id: 'x', account: 'y' }],
    ['setSyncAutomatically', { account: 'a', authority: 'b', on: 1 }],
    ['subscribe', { event: 'account:password' }],
    ['subscribe', { event: '__proto__' }],
    ['subscribe', { event: ['account:added'] }],
  ])('is refused by %s when it is %j', async (call, request) => {
    const { openWindow } = await openElectronApp()
    const { send } = openWindow()
    const args = call === 'subscribe' ? [request] : [{ id: '1', request }]
    expect(await send(call, args)).toMatchObject(wrongType)
  })

  it.each([
    ['getAccountInfo', { account: 'x'.repeat(129) }],
    ['addAccount', { type: 'x'.repeat(513) }],
    ['renameAccount', { account: 'x', name: 'x'.repeat(1_000_000) }],
    ['getAccountInfos', { limit: 1e9 }],
    ['getAccountInfos', { limit: 0.5 }],
    ['getAccountInfos', { limit: Number.NaN }],
    ['getSyncHistory', { limit: 101 }],
    ['requestSync', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`m${index}`, index]))],
    ['requestSync', { extras: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`m${index}`, index])) }],
    ['requestSync', { extras: { text: 'x'.repeat(20_000) } }],
  ])('is refused by %s when it is too much', async (call, request) => {
    const { openWindow } = await openElectronApp()
    expect(await openWindow().send(call, [{ id: '1', request }])).toMatchObject(outOfRange)
  })

  it('never shows in the error that refuses it', async () => {
    const { openWindow, ipcMain } = await openElectronApp()
    const { send } = openWindow()
    const bait = 'hunter2hunter2'
    await send('getAccountInfos', [{ id: '1', request: { state: bait, [bait]: 1 } }])
    await send('getAccountInfos', [{ id: '2', request: { limit: bait } }])
    await send('addAccount', [{ id: '3', request: { type: bait.repeat(100) } }])
    await send('subscribe', [{ event: bait }])
    expect(JSON.stringify(ipcMain.transcript.filter(({ to }) => to === 'renderer'))).not.toContain(bait)
  })
})

describe('how much a window asks', () => {
  /** Calls that do not end. */
  function askForever({ client }: TestWindow, count: number): Promise<unknown>[] {
    return Array.from({ length: count }, () => client.sync.performSync().catch((error: unknown) => error))
  }

  it('is bounded in parallel', async () => {
    const { openWindow, host } = await openElectronApp((world) => ({
      limits: { parallelCalls: 3 },
      sync: { ...neverEnding, accounts: world.manager } as never,
    }))
    const window = openWindow()
    const running = askForever(window, 3)
    await expect(window.client.getAccounts()).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED', retryable: true })
    expect(await openWindow().client.getAccounts()).toEqual([])
    await host.close()
    expect(await Promise.all(running)).toHaveLength(3)
  })

  it('is bounded over time, with refused messages counted too, and allowed again later', async () => {
    const { openWindow, world } = await openElectronApp({ limits: { callsPerSecond: 5 } })
    const window = openWindow()
    for (let count = 0; count < 20; count++) await window.send('getAccounts', ['nonsense'])
    await expect(window.client.getAccounts()).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    await world.clock.advance(1_000)
    expect(await window.client.getAccounts()).toEqual([])
  })

  it('is bounded to one sign-in at a time, and a few per minute', async () => {
    const { openWindow, world } = await openElectronApp({ limits: { interactionsPerMinute: 2 } })
    const window = openWindow()
    world.authenticator.hold('addAccount')
    const first = window.client.addAccount('com.example')
    await world.authenticator.whenCalled('addAccount')
    await expect(window.client.addAccount('com.example')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    world.authenticator.release('addAccount')
    await first
    await window.client.addAccount('com.example')
    await expect(window.client.addAccount('com.example')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    await world.clock.advance(60_000)
    await window.client.addAccount('com.example')
  })

  it('can be taken back however much it was', async () => {
    const { openWindow, world } = await openElectronApp({ limits: { callsPerSecond: 1 } })
    const window = openWindow()
    world.authenticator.hold('addAccount')
    const answer = window.send('addAccount', [{ id: 'same', request: { type: 'com.example' } }])
    await world.authenticator.whenCalled('addAccount')
    for (let count = 0; count < 10; count++) await window.send('getAccounts', [{ id: 'x' }])
    expect(await window.send('cancel', [{ id: 'same' }])).toEqual({ ok: true })
    expect(await answer).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } })
  })

  it('cannot fill the log with refusals', async () => {
    const { openWindow, refusals, world } = await openElectronApp()
    const { send, contents } = openWindow()
    const frame = contents.addSubframe('https://evil.example/')
    for (let count = 0; count < 200; count++) await send('getAccounts', [{ id: 'x' }], frame)
    expect(refusals).toHaveLength(60)
    await world.clock.advance(10_000)
    await send('getAccounts', [{ id: 'x' }], frame)
    expect(refusals).toHaveLength(61)
  })

  it('gives back what an ended call took, also one that failed', async () => {
    const { openWindow } = await openElectronApp({ limits: { parallelCalls: 1 } })
    const window = openWindow()
    for (let count = 0; count < 5; count++) {
      await expect(window.client.getAccountInfo('gone')).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
    }
    expect(await window.client.getAccounts()).toEqual([])
  })

  it('cannot use the id of a call under way', async () => {
    const { openWindow, world } = await openElectronApp()
    const window = openWindow()
    world.authenticator.hold('addAccount')
    const first = window.send('addAccount', [{ id: 'same', request: { type: 'com.example' } }])
    await world.authenticator.whenCalled('addAccount')
    expect(await window.send('getAccounts', [{ id: 'same' }])).toMatchObject(wrongType)
    await window.send('cancel', [{ id: 'same' }])
    expect(await first).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED' } })
  })

  it('is bounded in what comes back', async () => {
    const { openWindow, world } = await openElectronApp({ limits: { answerBytes: 2_000 } })
    const { client } = openWindow()
    for (let count = 0; count < 30; count++) {
      await world.manager.addAccountExplicitly({ type: 'com.example', name: `account ${count}` })
    }
    await expect(client.getAccounts()).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    expect(await client.getAccountInfos({ limit: 3 })).toHaveLength(3)
  })
})

/** A sync engine whose runs never end. */
const neverEnding = {
  requestSync: () => ({
    id: 'x',
    outcome: 'accepted',
    accepted: Promise.resolve(),
    done: new Promise(() => undefined),
  }),
  on: () => undefined,
  off: () => undefined,
}
