// Needs Electron:
//
//   pnpm build && npx electron@45 examples/electron-app/main.ts

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSettingsWindow, type SettingsWindow, safeStorageKey, secureWebPreferences } from '@accountry/electron/main'
import { startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { app, BrowserWindow, ipcMain, nativeImage, protocol, safeStorage, shell, Tray } from 'electron'
import { rolldown } from 'rolldown'
import { startAgenda } from './agenda.ts'

const ORIGIN = 'app://agenda'
const PAGE = join(import.meta.dirname, 'page')

protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }])
await app.whenReady()
const script = await bundled(join(PAGE, 'page.ts'))
protocol.handle('app', async ({ url }) => {
  const { pathname } = new URL(url)
  if (pathname === '/page.js') return new Response(script, { headers: { 'content-type': 'text/javascript' } })
  if (pathname !== '/index.html') return new Response('404', { status: 404 })
  return new Response(await readFile(join(PAGE, 'index.html')), { headers: { 'content-type': 'text/html' } })
})

// A service on this machine; an app of yours has the one that it is for.
const server = await startAuthorizationServer()
const api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] } })
const tray = new Tray(nativeImage.createEmpty())
let settings: SettingsWindow<BrowserWindow> | undefined

const agenda = await startAgenda(
  {
    ipcMain,
    shell,
    showBadge(count) {
      app.setBadgeCount(count)
      tray.setTitle(count === 0 ? '' : String(count))
      tray.setToolTip(count === 0 ? 'Agenda' : `Agenda: ${count} to sign in again`)
    },
    async openSettings({ accounts, sync }) {
      if (settings?.window.isDestroyed() === false) settings.window.focus()
      else settings = await openSettingsWindow({ BrowserWindow, shell, accounts, sync })
    },
  },
  {
    service: { issuer: server.issuer, clientId: server.clientId, api: api.url },
    origin: ORIGIN,
    directory: join(app.getPath('userData'), 'vault'),
    keyProvider: safeStorageKey(safeStorage),
  },
)
const window = new BrowserWindow({ webPreferences: secureWebPreferences() })
agenda.host.attach(window)
await window.loadURL(`${ORIGIN}/index.html`)

app.on('window-all-closed', () => {
  void Promise.allSettled([agenda[Symbol.asyncDispose](), server.close(), api.close()]).then(() => app.quit())
})

/** The page with the client in it, as a browser takes it. */
async function bundled(input: string): Promise<string> {
  const bundle = await rolldown({ input, platform: 'browser' })
  try {
    const { output } = await bundle.generate({ format: 'esm' })
    return output[0].code
  } finally {
    await bundle.close()
  }
}
