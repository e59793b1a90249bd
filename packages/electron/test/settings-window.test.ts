import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openSettingsWindow, type SettingsWindow } from '../src/main/index.ts'
import { closeAfterTest } from './support/electron-app.ts'
import { FakeShell } from './support/fake-app.ts'
import { FakeBrowserWindow } from './support/fake-browser-window.ts'

async function openWindow(shell = new FakeShell()): Promise<SettingsWindow<FakeBrowserWindow>> {
  const world = closeAfterTest(await openTestManager())
  await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana@example.com' })
  return await openSettingsWindow({ BrowserWindow: FakeBrowserWindow, shell, accounts: world.manager })
}

describe('the settings window', () => {
  it('shows the page of the settings package, and ends its server when it is closed', async () => {
    const { window, closed, close } = await openWindow()
    const { origin } = new URL(window.url ?? '')
    expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const page = await fetch(window.url ?? '', { redirect: 'manual' })
    expect(page.status).toBeLessThan(400)
    close()
    await closed
    await expect(fetch(origin)).rejects.toThrow()
    close()
  })

  it('has a page without Node, in a session of its own that is not kept', async () => {
    const { window, closed, close } = await openWindow()
    expect(window.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
    expect(window.options.webPreferences.partition).not.toMatch(/^persist:/)
    expect(window.options.webPreferences).not.toHaveProperty('preload')
    close()
    await closed
  })

  it('leads nowhere: no other page, no window, no permission', async () => {
    const shell = new FakeShell()
    const { window, closed, close } = await openWindow(shell)
    const { webContents } = window
    const { origin } = new URL(window.url ?? '')
    for (const event of ['will-frame-navigate', 'will-redirect'] as const) {
      expect(webContents.wouldNavigate(event, `${origin}/accounts`)).toBe(true)
      for (const url of ['https://evil.example/', `${origin}1/`, 'file:///etc/passwd', 'data:text/html,x', 'nothing']) {
        expect(webContents.wouldNavigate(event, url), url).toBe(false)
      }
    }
    expect(webContents.session.requestPermission('media')).toBe(false)
    expect(webContents.session.checkPermission()).toBe(false)
    const links = ['https://as.example/authorize', `${origin}/again`, 'file:///etc/passwd', 'ms-msdt:/id', 'nonsense']
    for (const url of links) expect(webContents.openWindow({ url })).toEqual({ action: 'deny' })
    expect(shell.opened).toEqual(['https://as.example/authorize'])
    close()
    await closed
  })

  it('leaves no server behind when the window cannot show the page', async () => {
    const world = closeAfterTest(await openTestManager())
    let url = ''
    class BrokenWindow extends FakeBrowserWindow {
      override async loadURL(target: string): Promise<void> {
        url = target
        throw new Error('ERR_FAILED')
      }
    }
    const opening = openSettingsWindow({ BrowserWindow: BrokenWindow, shell: new FakeShell(), accounts: world.manager })
    await expect(opening).rejects.toThrow('ERR_FAILED')
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  it('refuses wrong options by name', async () => {
    const shell = new FakeShell()
    await expect(openSettingsWindow({ shell } as never)).rejects.toThrow(/BrowserWindow/)
    await expect(openSettingsWindow({ BrowserWindow: FakeBrowserWindow, shell: {} } as never)).rejects.toThrow(/shell/)
  })
})
