import { describe, expect, it } from 'vitest'
import { loadPage, openElectronApp, PAGE } from './support/electron-app.ts'

/** The names of what a page heard. */
function names(heard: readonly { readonly account?: { readonly name: string } }[]): string[] {
  return heard.map(({ account }) => account?.name ?? '')
}

describe('events', () => {
  it('reach the frames that asked for them, without the event object of Electron', async () => {
    const { openWindow, world } = await openElectronApp()
    const [one, two] = [openWindow(), openWindow()]
    const heard: unknown[][] = []
    one.client.on('account:added', (...args) => heard.push(args))
    const account = await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.manager.flush()
    expect(heard).toEqual([[expect.objectContaining({ account, source: 'local' })]])
    const others: unknown[] = []
    two.client.on('account:removed', (event) => others.push(event))
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ben' })
    await world.manager.flush()
    expect(others).toEqual([])
  })

  it('are listened to in the main process only while a page does', async () => {
    const listeners: string[] = []
    const { openWindow } = await openElectronApp((world) => ({
      accounts: new Proxy(world.manager, {
        get(target, name) {
          if (name === 'on' || name === 'off') return (event: string) => listeners.push(`${name} ${event}`)
          const member: unknown = Reflect.get(target, name)
          return typeof member === 'function' ? member.bind(target) : member
        },
      }),
    }))
    const { client, exposed, contents } = openWindow()
    const listener = (): void => undefined
    client.on('vault:locked', listener).on('vault:locked', listener)
    const end = exposed.on('vault:locked', () => undefined)
    client.off('vault:locked', listener)
    expect(listeners).toEqual(['on vault:locked'])
    end()
    end()
    expect(listeners).toEqual(['on vault:locked', 'off vault:locked'])
    client.on('vault:locked', listener)
    contents.destroy()
    expect(listeners.slice(2)).toEqual(['on vault:locked', 'off vault:locked'])
  })

  it('do not reach whoever took the place of the page', async () => {
    const { openWindow, world } = await openElectronApp()
    const { client, contents } = openWindow()
    const heard: { account: { name: string } }[] = []
    client.on('account:added', (event) => heard.push(event))
    contents.navigate('https://evil.example/')
    const stolen: unknown[] = []
    contents.mainFrame.renderer.on('accountry:event', (_event, message) => stolen.push(message))
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.manager.flush()
    expect([names(heard), stolen]).toEqual([[], []])
  })

  it('do not reach a page that came without an announced navigation either', async () => {
    const { openWindow, world } = await openElectronApp()
    const { client, contents } = openWindow()
    const heard: unknown[] = []
    client.on('account:added', (event) => heard.push(event))
    // Only the frame shows another page; nobody was told.
    contents.mainFrame.show('https://evil.example/')
    const stolen: unknown[] = []
    contents.mainFrame.renderer.on('accountry:event', (_event, message) => stolen.push(message))
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.manager.flush()
    expect([heard, stolen]).toEqual([[], []])
  })

  it('go on after a reload, for the page that asks again', async () => {
    const { openWindow, world } = await openElectronApp()
    const { contents } = openWindow()
    contents.navigate(PAGE)
    const heard: string[] = []
    loadPage(contents).on('account:added', ({ event }) => heard.push(event))
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.manager.flush()
    expect(heard).toEqual(['account:added'])
  })

  it('survive a listener that throws, and one frame that cannot be sent to', async () => {
    const { openWindow, world } = await openElectronApp()
    const [one, two] = [openWindow(), openWindow()]
    const heard: string[] = []
    one.exposed.on('account:added', () => {
      throw new Error('the page is broken')
    })
    one.exposed.on('account:added', () => heard.push('one'))
    two.exposed.on('account:added', () => heard.push('two'))
    one.contents.mainFrame.send = () => {
      throw new Error('Render frame was disposed before WebFrameMain could be accessed')
    }
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.manager.flush()
    expect(heard).toEqual(['two'])
  })

  it('are refused to a page by name when there is no such event', async () => {
    const { openWindow } = await openElectronApp()
    const { client } = openWindow()
    expect(() => client.on('account:password' as never, () => undefined)).toThrow(TypeError)
  })
})
