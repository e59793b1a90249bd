import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import type { FakeWebContents } from '../../../../packages/electron/test/support/fake-frames.ts'
import { ROOT } from '../../../support/repository.ts'

/** Where Chromium is; `undefined` where it is not installed (`apt-get install chromium`). */
export const chromiumPath: string | undefined = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)

/** A page in the engine that Electron has, with the published preload script and the client in it. */
export interface ChromiumPage extends AsyncDisposable {
  readonly page: Page
}

/**
 * Opens a page whose `ipcRenderer` reaches the host. Both scripts run as they are published; what stands in for Electron
 * is the way between the processes, and the isolation of their worlds.
 */
export async function openChromiumPage(contents: FakeWebContents, preloadScript: string): Promise<ChromiumPage> {
  const profile = await mkdtemp(join(tmpdir(), 'electron-page-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath ?? '',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const dispose = async (): Promise<void> => {
    await context.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const page = await context.newPage()
    await page.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Agenda' }),
    )
    await connect(page, contents)
    await page.goto(contents.mainFrame.url)
    await page.evaluate(
      `(() => { ${ELECTRON}; ((require, process, module) => { ${preloadScript} })(require, process, {}) })()`,
    )
    await page.addScriptTag({ type: 'module', content: await clientScript() })
    await page.waitForFunction('typeof client === "object"')
    return { page, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function connect(page: Page, contents: FakeWebContents): Promise<void> {
  const { ipcMain, mainFrame } = contents
  await page.exposeFunction('toMain', async (channel: string, message: string) => {
    const answer = await ipcMain.invoke(contents, mainFrame, channel, [JSON.parse(message, fromBytes)])
    return JSON.stringify(answer, toBytes)
  })
  mainFrame.renderer.on('accountry:event', (_event: unknown, message: unknown) => {
    page.evaluate((text) => (globalThis as unknown as Hears).hear(text), JSON.stringify(message)).catch(() => undefined)
  })
}

interface Hears {
  hear(message: string): void
}

/** Bytes do not cross Playwright's wire, so they cross as numbers. */
function toBytes(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: [...value] } : value
}

function fromBytes(_name: string, value: unknown): unknown {
  const bytes = typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : undefined
  return Array.isArray(bytes) ? Uint8Array.from(bytes as number[]) : value
}

/** `electron` and `process` of a preload script, in the page. */
const ELECTRON = `
  const listeners = []
  globalThis.hear = (text) => listeners.forEach((listener) => listener({}, JSON.parse(text)))
  const process = { contextIsolated: true, sandboxed: true }
  const require = () => ({
    contextBridge: { exposeInMainWorld: (key, api) => Object.defineProperty(globalThis, key, { value: Object.freeze(api) }) },
    ipcRenderer: {
      on: (_channel, listener) => listeners.push(listener),
      invoke: async (channel, message) => {
        const wire = JSON.stringify(structuredClone(message), (_name, value) => value instanceof Uint8Array ? { bytes: [...value] } : value)
        return JSON.parse(await toMain(channel, wire), (_name, value) => value && value.bytes ? Uint8Array.from(value.bytes) : value)
      },
    },
  })`

/** The client as a page's bundler makes it. */
async function clientScript(): Promise<string> {
  const entry = join(ROOT, 'packages/electron/src/renderer/index.ts')
  const bundle = await rolldown({ input: entry, platform: 'browser' })
  try {
    const { output } = await bundle.generate({ format: 'iife', name: 'accounts', codeSplitting: false })
    return `${output[0].code}; globalThis.client = accounts.createAccountsClient(); globalThis.isAccountError = accounts.isAccountError`
  } finally {
    await bundle.close()
  }
}
