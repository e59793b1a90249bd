import type { Logger } from '@accountry/accounts'
import { openTestManager, type TestManager, type TestManagerOptions } from '@accountry/testing'
import { afterEach } from 'vitest'
import type { Answer } from '../../src/bridge/calls.ts'
import { channelOf } from '../../src/bridge/channels.ts'
import {
  type AccountsHost,
  type AccountsHostOptions,
  type AttachOptions,
  type BridgeCall,
  createAccountsHost,
} from '../../src/main/index.ts'
import { exposeAccounts } from '../../src/preload/index.ts'
import { type AccountsClient, createAccountsClient, type ExposedAccounts } from '../../src/renderer/index.ts'
import { type FakeFrame, FakeWebContents, type FakeWebPreferences } from './fake-frames.ts'
import { FakeIpcMain } from './fake-ipc.ts'
import { FakeRenderer } from './fake-renderer.ts'

export const ORIGIN = 'app://main'
export const PAGE = `${ORIGIN}/index.html`

/** A window with the preload script in it, and a page with the client. */
export interface TestWindow {
  readonly contents: FakeWebContents
  readonly exposed: ExposedAccounts
  readonly client: AccountsClient
  readonly detach: () => void
  /** Sends a message as a page that was taken over can: any channel of the bridge, any arguments, from any frame. */
  send(call: string, args: unknown[], frame?: FakeFrame | null): Promise<Answer<unknown>>
}

/** The three processes of an app, wired through the fake. */
export interface ElectronApp {
  readonly ipcMain: FakeIpcMain
  readonly world: TestManager
  readonly host: AccountsHost
  /** Who was refused, and why. */
  readonly refusals: readonly unknown[]
  openWindow(options?: WindowOptions): TestWindow
}

export interface WindowOptions extends AttachOptions {
  readonly url?: string
  readonly preferences?: FakeWebPreferences
  /** Runs the preload script. Default: the one of the sources. */
  readonly preload?: (renderer: FakeRenderer) => void
  /** Default `true`. */
  readonly attach?: boolean
}

type HostOptions = Partial<AccountsHostOptions>

const worlds: AsyncDisposable[] = []

afterEach(async () => {
  for (const world of worlds.splice(0).reverse()) await world[Symbol.asyncDispose]()
})

/** Closed after the test. */
export function closeAfterTest<World extends AsyncDisposable>(world: World): World {
  worlds.push(world)
  return world
}

export async function openElectronApp(
  hostOptions: HostOptions | ((world: TestManager) => HostOptions | Promise<HostOptions>) = {},
  managerOptions: TestManagerOptions = {},
): Promise<ElectronApp> {
  const world = closeAfterTest(await openTestManager(managerOptions))
  const ipcMain = new FakeIpcMain()
  const refusals: unknown[] = []
  const given = typeof hostOptions === 'function' ? await hostOptions(world) : hostOptions
  const host = closeAfterTest(
    createAccountsHost({
      ipcMain,
      accounts: world.manager,
      origins: [ORIGIN],
      clock: world.clock,
      logger: rememberingLogger(refusals),
      ...given,
    }),
  )
  return { ipcMain, world, host, refusals, openWindow: (options) => openWindow(ipcMain, host, options) }
}

function openWindow(ipcMain: FakeIpcMain, host: AccountsHost, options: WindowOptions = {}): TestWindow {
  const { url = PAGE, preferences, attach = true, preload, ...attachOptions } = options
  const contents = new FakeWebContents(ipcMain, url, preferences)
  const detach = attach ? host.attach(contents, attachOptions) : () => undefined
  const exposed = loadPage(contents, preload)
  return {
    contents,
    exposed,
    client: createAccountsClient({ exposed }),
    detach,
    async send(call, args, frame = contents.mainFrame) {
      return (await ipcMain.invoke(contents, frame, channelOf(call as BridgeCall), args)) as Answer<unknown>
    },
  }
}

/** Runs the preload script for the page that the window shows, and returns what the page sees. */
export function loadPage(contents: FakeWebContents, preload: (renderer: FakeRenderer) => void = run): ExposedAccounts {
  const renderer = new FakeRenderer(contents)
  preload(renderer)
  const [exposed] = Object.values(renderer.mainWorld)
  return exposed as ExposedAccounts
}

function run(renderer: FakeRenderer): void {
  exposeAccounts(renderer.electron, { process: renderer.process })
}

function rememberingLogger(records: unknown[]): Logger {
  const remember = (event: string, fields?: object): void => void records.push({ event, ...fields })
  return { debug: remember, info: remember, warn: remember, error: remember }
}
