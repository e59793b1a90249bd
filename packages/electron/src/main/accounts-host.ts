import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { Answer, BridgeCall } from '../bridge/calls.ts'
import { BRIDGE_CALLS, CONTROL_CALLS, type ControlCall, channelOf } from '../bridge/channels.ts'
import { ACCOUNT_EVENTS, type BridgeEvent } from '../bridge/events.ts'
import { accountCalls } from './account-calls.ts'
import { AttachedWindow } from './attached-window.ts'
import { type CallContext, type CallHandlers, INTERACTIONS, WITH_BYTES } from './call-handlers.ts'
import type { HostContents, HostInvokeEvent } from './electron-types.ts'
import { type AccountsHostOptions, checkedHostOptions, type HostSettings } from './host-options.ts'
import { requestCalls } from './request-calls.ts'
import { checkedCall, checkedCancel, checkedSubscription, REQUEST_CHECKS } from './request-checks.ts'
import { isStillThere, judgeSender, type Sender } from './sender.ts'
import { Subscriptions } from './subscriptions.ts'
import { syncCalls } from './sync-calls.ts'
import { tokenCalls } from './token-calls.ts'
import { Allowance } from './traffic.ts'
import { assertGuarded } from './web-preferences.ts'
import { plainAnswer, wireErrorOf } from './wire.ts'

export interface AttachOptions {
  /** What the window may ask. Default: everything that the host offers. */
  readonly calls?: readonly BridgeCall[]
  /** Serve a window that has Node, or no sandbox, or no context isolation. Default `false`. */
  readonly allowUnguarded?: boolean
}

/** Serves the accounts to windows that it was given, and to no others. */
export interface AccountsHost extends AsyncDisposable {
  /**
   * Serves a window from now on, until it is destroyed.
   *
   * @returns A function that ends it.
   * @throws TypeError for a window whose page could reach Node (`nodeIntegration`, no `contextIsolation`, no `sandbox`),
   *   unless `allowUnguarded`.
   */
  attach(window: { readonly webContents: HostContents } | HostContents, options?: AttachOptions): () => void
  /** Ends what pages have asked for and serves nobody any more. Accounts and sync stay open: they are the app's. */
  close(): Promise<void>
}

/**
 * Makes the accounts of this app reachable from its pages, and from nothing else.
 *
 * Every message is checked: the window was attached, it comes from the main frame of a page of `origins`, which is still
 * there, its one argument fits the call, and the window asks neither too often nor too much. Who is refused gets
 * `ERR_DENIED`. Answers are plain values; no call reads a password, a refresh token or a key, so none can be had.
 *
 * @example
 * ```ts
 * // Prerequisites
 * let accounts!: AccountManager
 * let window!: BrowserWindow
 *
 * const host = createAccountsHost({ ipcMain, accounts, origins: ['app://main'] })
 * host.attach(window)
 * ```
 *
 * @throws TypeError, RangeError for wrong options.
 * @see [Electron: validate the sender of all IPC messages](https://www.electronjs.org/docs/latest/tutorial/security#17-validate-the-sender-of-all-ipc-messages)
 */
export function createAccountsHost(options: AccountsHostOptions): AccountsHost {
  return new IpcAccountsHost(checkedHostOptions(options))
}

/** Refusals that are logged per minute. */
const MOST_REFUSALS = 60

class IpcAccountsHost implements AccountsHost {
  readonly #settings: HostSettings
  readonly #handlers: CallHandlers
  readonly #subscriptions: Subscriptions
  readonly #windows = new Map<number, AttachedWindow>()
  /** Records of refusals that may still be written: a page that floods the host must not flood the log. */
  readonly #refusals: Allowance

  constructor(settings: HostSettings) {
    const { ipcMain, sync, limits } = settings
    this.#settings = settings
    this.#refusals = new Allowance(MOST_REFUSALS, MOST_REFUSALS / 60_000, settings.clock)
    this.#handlers = {
      ...accountCalls(settings),
      ...syncCalls(sync),
      ...requestCalls(settings),
      ...tokenCalls(settings),
    }
    this.#subscriptions = new Subscriptions({ ...settings, answerBytes: limits.answerBytes })
    for (const name of BRIDGE_CALLS) {
      ipcMain.handle(channelOf(name), (event, ...args) => this.#answer(name, event, args))
    }
    for (const name of CONTROL_CALLS) {
      ipcMain.handle(channelOf(name), (event, ...args) => this.#control(name, event, args))
    }
  }

  attach(window: { readonly webContents: HostContents } | HostContents, options: AttachOptions = {}): () => void {
    const contents = contentsOf(window)
    const calls = checkedCalls(options.calls)
    if (options.allowUnguarded !== true) assertGuarded(contents)
    this.#detach(contents.id)
    const { limits, clock } = this.#settings
    const attached = new AttachedWindow(contents, calls, limits, clock, (isOver) => {
      attached.cancelAll()
      this.#subscriptions.removeWindow(contents.id)
      if (isOver && this.#windows.get(contents.id) === attached) this.#windows.delete(contents.id)
    })
    this.#windows.set(contents.id, attached)
    return () => {
      if (this.#windows.get(contents.id) === attached) this.#detach(contents.id)
    }
  }

  async close(): Promise<void> {
    for (const name of [...BRIDGE_CALLS, ...CONTROL_CALLS]) this.#settings.ipcMain.removeHandler(channelOf(name))
    this.#subscriptions.close()
    for (const id of [...this.#windows.keys()]) this.#detach(id)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #detach(contentsId: number): void {
    this.#windows.get(contentsId)?.release()
    this.#windows.delete(contentsId)
    this.#subscriptions.removeWindow(contentsId)
  }

  /** Never rejects: Electron would print the error, and the page would get its message only. */
  async #answer(name: BridgeCall, event: HostInvokeEvent, args: unknown[]): Promise<Answer<unknown>> {
    try {
      const { window, sender } = this.#admit(name, event)
      window.traffic.count()
      if (!window.calls.has(name)) throw this.#refused(name, 'not-granted')
      const { id, request } = checkedCall(onlyOne(args), 'message')
      const checked = REQUEST_CHECKS[name](request, 'request')
      const value = await this.#run(name, window, id, checked)
      // The page has gone elsewhere meanwhile, and what was asked is not for whoever came in its place.
      if (!isStillThere(sender, this.#settings)) throw this.#refused(name, 'frame-gone')
      return WITH_BYTES.has(name) ? { ok: true, value } : plainAnswer(value, this.#settings.limits.answerBytes)
    } catch (error) {
      return { ok: false, error: wireErrorOf(error, this.#settings.log) }
    }
  }

  async #run(name: BridgeCall, window: AttachedWindow, id: string, request: unknown): Promise<unknown> {
    const finish = window.traffic.begin(INTERACTIONS.has(name))
    try {
      const signal = window.begin(id)
      try {
        const handle = this.#handlers[name] as (request: unknown, context: CallContext) => Promise<unknown>
        return await handle(request, { signal })
      } finally {
        window.end(id)
      }
    } finally {
      finish()
    }
  }

  /** Takes effect before the first `await`, so that what the page asks next sees it. */
  async #control(name: ControlCall, event: HostInvokeEvent, args: unknown[]): Promise<Answer<undefined>> {
    try {
      const { window, sender } = this.#admit(name, event)
      if (name === 'cancel') {
        // Not counted: who has asked for too much must still be able to take it back.
        window.cancel(checkedCancel(onlyOne(args), 'message').id)
      } else {
        window.traffic.count()
        this.#subscribe(name, window, sender, checkedSubscription(onlyOne(args), 'message').event)
      }
      return { ok: true, value: undefined }
    } catch (error) {
      return { ok: false, error: wireErrorOf(error, this.#settings.log) }
    }
  }

  #subscribe(name: 'subscribe' | 'unsubscribe', window: AttachedWindow, sender: Sender, event: BridgeEvent): void {
    if (name === 'unsubscribe') {
      this.#subscriptions.remove(event, sender)
      return
    }
    if (!mayHear(window.calls, event)) throw this.#refused(event, 'not-granted')
    if (!this.#subscriptions.add(event, sender)) {
      throw new AccountError('ERR_LIMIT_EXCEEDED', 'too many frames of this window hear of events')
    }
  }

  #admit(name: string, event: HostInvokeEvent): { readonly window: AttachedWindow; readonly sender: Sender } {
    const sender = judgeSender(event, this.#settings)
    if (typeof sender === 'string') throw this.#refused(name, sender)
    const window = this.#windows.get(sender.contents.id)
    if (window === undefined) throw this.#refused(name, 'not-attached')
    return { window, sender }
  }

  #refused(call: string, why: string): AccountError {
    if (this.#refusals.take()) this.#settings.log?.warn('bridge_refused', { call, why })
    return new AccountError('ERR_DENIED', `this page may not ask for that (${why})`, { action: 'contact-developer' })
  }
}

function contentsOf(window: { readonly webContents: HostContents } | HostContents): HostContents {
  const contents: unknown = typeof window === 'object' && 'webContents' in window ? window.webContents : window
  if (typeof contents === 'object' && contents !== null && 'mainFrame' in contents) {
    if (!(contents as HostContents).isDestroyed()) return contents as HostContents
    throw new TypeError('window must be one that is not destroyed')
  }
  throw new TypeError(`window must be a BrowserWindow or its webContents, received ${kindOf(contents)}`)
}

function checkedCalls(calls: readonly BridgeCall[] | undefined): ReadonlySet<BridgeCall> {
  if (calls === undefined) return new Set(BRIDGE_CALLS)
  if (Array.isArray(calls) && calls.every((call) => BRIDGE_CALLS.includes(call))) return new Set(calls)
  throw new TypeError(`calls must be a list of names of calls, received ${kindOf(calls)}`)
}

/** Whoever may list accounts may hear of them. */
function mayHear(calls: ReadonlySet<BridgeCall>, event: BridgeEvent): boolean {
  const isOfAccounts = (ACCOUNT_EVENTS as readonly string[]).includes(event)
  const needed: readonly BridgeCall[] = isOfAccounts
    ? ['getAccounts', 'getAccountInfos']
    : ['getSyncStatus', 'getCurrentSyncs']
  return needed.some((call) => calls.has(call))
}

function onlyOne(args: readonly unknown[]): unknown {
  if (args.length === 1) return args[0]
  throw new TypeError(`a call has one argument, received ${args.length}`)
}
