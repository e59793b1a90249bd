import {
  type Account,
  type AccountManager,
  type AccountRef,
  type AddAccountOptions,
  type Clock,
  type Logger,
  systemClock,
  type UpdateCredentialsOptions,
} from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { SyncManager } from '@accountry/sync'
import type { HostIpc } from './electron-types.ts'
import { checkedPageOrigins } from './page-origins.ts'
import type { SenderRules } from './sender.ts'
import type { TrafficLimits } from './traffic.ts'

/** How a person signs in; `AccountManager` is one, and so is what `openAppLinks` returns for links. */
export interface SignIn {
  addAccount(type: string, options: AddAccountOptions): Promise<Account>
  updateCredentials(account: AccountRef, options: UpdateCredentialsOptions): Promise<Account>
}

/** Requests that the main process sends for pages. */
export interface RequestPolicy {
  /**
   * Makes the fetch that signs, e.g. `(account, type) => createAuthorizedFetch({ manager, account, authTokenType: type })`
   * of `@accountry/http`, or `accountry.fetch`. It decides where the token may go.
   */
  readonly fetch: (account: Account, authTokenType: string) => typeof fetch
  /** The token types that pages may use. */
  readonly authTokenTypes: readonly string[]
}

/** One kind of token that pages may hold. */
export interface ExposedTokenType {
  readonly accountType: string
  readonly authTokenType: string
  /** A token that lives longer is not given out, in milliseconds. Default 3 600 000. */
  readonly maxLifetimeMs?: number
}

export interface HostLimits extends TrafficLimits {
  /** Of the body of a request that a page has sent, in bytes. */
  readonly requestBytes: number
  /** Of the body of what came back for it, in bytes. */
  readonly responseBytes: number
  /** Of any other answer and of an event, as JSON, in characters. */
  readonly answerBytes: number
}

export interface AccountsHostOptions {
  /** Electron's `ipcMain`. One host on it at a time. */
  readonly ipcMain: HostIpc
  readonly accounts: AccountManager
  /** Absent: calls about synchronisation are `ERR_UNSUPPORTED`. */
  readonly sync?: SyncManager
  /**
   * The app's own pages: origins such as `app://main`, or the `file:` URL of one page. Compared exactly, for every
   * call and every event.
   */
  readonly origins: readonly string[]
  /**
   * Let frames inside a page ask too, when they show one of `origins`. They have the preload script only in windows with
   * `nodeIntegrationInSubFrames`. Default `false`.
   */
  readonly allowSubframes?: boolean
  /** Default: the account manager. */
  readonly signIn?: SignIn
  /** Absent: pages can have no request sent. */
  readonly requests?: RequestPolicy
  /** Tokens that pages may hold. Default: none. Ones that are the account's credential are never given out. */
  readonly exposeAuthTokens?: readonly ExposedTokenType[]
  /** Opens the app's settings for a page that asks. */
  readonly openSettings?: () => Promise<unknown>
  /**
   * Per window. Default: 32 calls in parallel, 50 per second, 10 sign-ins per minute; requests of 1 MiB, responses of
   * 8 MiB, other answers of 4 MiB.
   */
  readonly limits?: Partial<HostLimits>
  readonly clock?: Clock
  /** Hears who was refused and why. */
  readonly logger?: Logger
}

/** The options after checking. */
export interface HostSettings extends SenderRules {
  readonly ipcMain: HostIpc
  readonly accounts: AccountManager
  readonly sync: SyncManager | undefined
  readonly signIn: SignIn
  readonly requests: RequestPolicy | undefined
  readonly exposeAuthTokens: readonly ExposedTokenType[]
  readonly openSettings: (() => Promise<unknown>) | undefined
  readonly limits: HostLimits
  readonly clock: Clock
  readonly log: Logger | undefined
}

const DEFAULT_LIMITS: HostLimits = {
  parallelCalls: 32,
  callsPerSecond: 50,
  interactionsPerMinute: 10,
  requestBytes: 1_048_576,
  responseBytes: 8_388_608,
  answerBytes: 4_194_304,
}

/** @throws TypeError, RangeError naming the option. */
export function checkedHostOptions(options: AccountsHostOptions): HostSettings {
  checkObject(options, 'options')
  const { ipcMain, accounts, sync, signIn, requests, exposeAuthTokens = [], openSettings, limits = {} } = options
  checkMethods(ipcMain, 'ipcMain', ['handle', 'removeHandler'])
  checkMethods(accounts, 'accounts', ['getAccounts', 'getAuthToken', 'on', 'off'])
  if (sync !== undefined) checkMethods(sync, 'sync', ['requestSync', 'on', 'off'])
  if (signIn !== undefined) checkMethods(signIn, 'signIn', ['addAccount', 'updateCredentials'])
  if (openSettings !== undefined && typeof openSettings !== 'function') {
    throw new TypeError(`openSettings must be a function, received ${kindOf(openSettings)}`)
  }
  if (requests !== undefined) checkRequests(requests)
  checkExposed(exposeAuthTokens)
  for (const [name, value] of Object.entries(limits)) checkLimit(name, value)
  return {
    ipcMain,
    accounts,
    sync,
    signIn: signIn ?? accounts,
    requests,
    exposeAuthTokens,
    openSettings,
    origins: checkedPageOrigins(options.origins),
    allowSubframes: options.allowSubframes === true,
    limits: { ...DEFAULT_LIMITS, ...limits },
    clock: options.clock ?? systemClock,
    log: options.logger,
  }
}

export function checkObject(value: unknown, option: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
}

/** @throws TypeError for what is not an object with these methods. */
export function checkMethods(value: unknown, option: string, methods: readonly string[]): void {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject) throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
  for (const method of methods) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[method]
    if (typeof member !== 'function') {
      throw new TypeError(`${option}.${method} must be a function, received ${kindOf(member)}`)
    }
  }
}

function checkRequests(requests: RequestPolicy): void {
  checkMethods(requests, 'requests', ['fetch'])
  const { authTokenTypes } = requests
  if (!Array.isArray(authTokenTypes) || !authTokenTypes.every((type) => typeof type === 'string' && type !== '')) {
    throw new TypeError(`requests.authTokenTypes must be a list of names, received ${kindOf(authTokenTypes)}`)
  }
}

function checkExposed(exposed: unknown): void {
  if (!Array.isArray(exposed)) throw new TypeError(`exposeAuthTokens must be an array, received ${kindOf(exposed)}`)
  for (const [index, entry] of exposed.entries()) {
    const option = `exposeAuthTokens[${index}]`
    checkObject(entry, option)
    const { accountType, authTokenType, maxLifetimeMs } = entry as Partial<ExposedTokenType>
    for (const [name, value] of Object.entries({ accountType, authTokenType })) {
      if (typeof value !== 'string' || value === '') {
        throw new TypeError(`${option}.${name} must be a name, received ${kindOf(value)}`)
      }
    }
    if (maxLifetimeMs !== undefined) checkLimit(`${option}.maxLifetimeMs`, maxLifetimeMs)
  }
}

function checkLimit(option: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${option} must be positive and finite`)
}
