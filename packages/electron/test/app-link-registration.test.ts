import { describe, expect, it } from 'vitest'
import { claimAppLinks } from '../src/main/index.ts'
import { FakeDesktop, FakeShell } from './support/fake-app.ts'
import { openLinkWorld, REDIRECT, TYPE } from './support/link-world.ts'

describe('the links of an app', () => {
  it('belong to one instance: another registers nothing, hears nothing and signs nobody in', async () => {
    const { desktop, world } = await openLinkWorld()
    const second = desktop.launch()
    const shell = new FakeShell()
    const links = claimAppLinks({ app: second, shell, redirectUri: REDIRECT, process: second.process })
    expect([links.isPrimary, links.isRegistered]).toEqual([false, false])
    expect(second.eventNames()).toEqual([])
    const signIn = links.signInWith(world.manager, [TYPE])
    await expect(signIn.addAccount(TYPE, {})).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(shell.opened).toEqual([])
  })

  it('are registered with the folder of an app that is not packaged, and as it is otherwise', async () => {
    const { desktop, links } = await openLinkWorld()
    expect(links.isRegistered).toBe(true)
    expect(desktop.protocolClients.get('com.example.app')).toEqual({})
    const other = new FakeDesktop()
    const process = { argv: ['electron', '/home/ana/agenda'], execPath: '/opt/electron', defaultApp: true }
    claimAppLinks({ app: other.launch(), shell: new FakeShell(), redirectUri: REDIRECT, process }).close()
    expect(other.protocolClients.get('com.example.app')).toEqual({
      path: '/opt/electron',
      args: ['/home/ana/agenda'],
    })
    const refusing = Object.assign(new FakeDesktop(), { acceptsProtocols: false })
    const app = refusing.launch()
    const unregistered = claimAppLinks({ app, shell: new FakeShell(), redirectUri: REDIRECT, process: app.process })
    expect([unregistered.isPrimary, unregistered.isRegistered]).toEqual([true, false])
    unregistered.close()
  })

  it('are refused by name when the options are wrong', () => {
    const app = new FakeDesktop().launch()
    const good = { app, shell: new FakeShell(), redirectUri: REDIRECT }
    expect(() => claimAppLinks({ ...good, app: {} as never })).toThrow(/app\.requestSingleInstanceLock/)
    expect(() => claimAppLinks({ ...good, shell: {} as never })).toThrow(/shell\.openExternal/)
    expect(() => claimAppLinks({ ...good, redirectUri: 'agenda:/signed-in' })).toThrow(/redirectUri/)
    expect(app.desktop.primary).toBeUndefined()
  })
})
