import type { Logger } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { checkCount, checkFunction, checkMethods, checkObject, checkOptionalObject, checkSwitches } from './checks.ts'
import type { SyncEnvironment } from './environment.ts'
import type { OperationStore } from './operation-store.ts'
import type { BackoffPolicy } from './run/backoff.ts'
import type { SyncClock } from './surroundings/sleep-meter.ts'
import type { SyncAccounts } from './sync-accounts.ts'
import type { RunLimits, SyncAdapter } from './sync-adapter.ts'
import { checkAdapter } from './sync-adapter.ts'
import { checkBackoff, checkDurations, checkedAuthority } from './sync-request.ts'

const OF_ACCOUNTS: readonly (keyof SyncAccounts)[] = [
  'getAccounts',
  'getAccount',
  'getAccountInfo',
  'getAuthToken',
  'invalidateAuthToken',
  'getAuthenticatorTypes',
  'on',
  'off',
]

export interface SyncManagerOptions {
  /** Whose data is synchronised. */
  readonly accounts: SyncAccounts
  readonly adapters?: readonly SyncAdapter[]
  /** Folder of the engine's database. Default: the vault's folder, so that processes which share accounts share syncs. */
  readonly directory?: string
  /** Another place for what the engine must not lose. Default: SQLite in `directory`. */
  readonly store?: OperationStore
  readonly clock?: SyncClock
  /** What the machine can do now. Default {@link alwaysConnected}. */
  readonly environment?: SyncEnvironment
  /** How many runs at once. Default 5 regular ones and 2 initialisation runs. */
  readonly concurrency?: { readonly regular?: number; readonly initialization?: number }
  readonly backoff?: Partial<BackoffPolicy>
  readonly limits?: Partial<RunLimits>
  /** The shortest period of a periodic sync. Default 900 000. */
  readonly minPeriodMs?: number
  /** How long after a local change it is uploaded, counted from the first change. Default 30 000. */
  readonly localChangeDelayMs?: number
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number
  readonly logger?: Logger
}

/** @throws TypeError, RangeError naming the option that is wrong. */
export function checkOptions(options: SyncManagerOptions): void {
  checkObject(options, 'options')
  checkMethods(options.accounts, 'accounts', OF_ACCOUNTS)
  checkAdapters(options.adapters)
  checkPlace(options)
  checkSurroundings(options)
  const { concurrency } = options
  checkOptionalObject(concurrency, 'concurrency')
  for (const name of ['regular', 'initialization'] as const) {
    const limit = concurrency?.[name]
    if (limit !== undefined) checkCount(limit, `concurrency.${name}`, 1)
  }
  checkBackoff('backoff', options.backoff)
  checkOptionalObject(options.limits, 'limits')
  checkDurations('limits', { ...options.limits })
  const { minPeriodMs, localChangeDelayMs } = options
  checkDurations('', { minPeriodMs, localChangeDelayMs })
}

function checkAdapters(adapters: unknown): void {
  if (adapters === undefined) return
  if (!Array.isArray(adapters)) throw new TypeError(`adapters must be an array, received ${kindOf(adapters)}`)
  const known = new Set<string>()
  for (const [index, adapter] of (adapters as SyncAdapter[]).entries()) {
    checkAdapter(adapter, `adapters[${index}]`)
    const { accountType, authority } = adapter
    const name = JSON.stringify([accountType, authority])
    if (known.has(name)) throw new TypeError(`adapters has two for authority ${authority} of ${accountType}`)
    known.add(name)
  }
}

/** Where the engine keeps its database. */
function checkPlace({ accounts, directory, store }: SyncManagerOptions): void {
  if (store === undefined) {
    const [folder, option] =
      directory === undefined ? [accounts.directory, 'accounts.directory'] : [directory, 'directory']
    checkedAuthority(folder, option)
    return
  }
  checkMethods(store, 'store', ['getMeta', 'setMeta', 'write', 'isAlive', 'dataVersion', 'onChange', 'close'])
  for (const table of ['services', 'targets', 'operations', 'periodics', 'journal'] as const) {
    checkObject(store[table], `store.${table}`)
  }
}

function checkSurroundings({ clock, environment, random, logger }: SyncManagerOptions): void {
  if (clock !== undefined) checkMethods(clock, 'clock', ['now', 'monotonic', 'setTimer'])
  if (logger !== undefined) checkMethods(logger, 'logger', ['debug', 'info', 'warn', 'error'])
  checkFunction(clock?.sleptMs, 'clock.sleptMs')
  checkFunction(random, 'random')
  if (environment === undefined) return
  checkMethods(environment, 'environment', ['on'])
  const { network, charging, storageLow } = environment
  if (!['none', 'metered', 'unmetered'].includes(network)) {
    throw new TypeError("environment.network must be 'none', 'metered' or 'unmetered'")
  }
  checkSwitches({ charging: charging ?? null, storageLow: storageLow ?? null }, 'environment.', [
    'charging',
    'storageLow',
  ])
}
